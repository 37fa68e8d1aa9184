BEGIN TRANSACTION;
CREATE TABLE approvals (
	model VARCHAR(63) NOT NULL, 
	approval INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	record TEXT NOT NULL, 
	seq INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_approvals PRIMARY KEY (model, approval), 
	CONSTRAINT fk_approvals_model_version FOREIGN KEY(model, version) REFERENCES versions (model, version), 
	CONSTRAINT fk_approvals_model FOREIGN KEY(model) REFERENCES models (name)
);
INSERT INTO "approvals" VALUES('loans',40,6,'open','{"actor":"","answer":"","answered_at":null,"approval":40,"deadline":"2013-01-09T00:00:00Z","evaluation":"sha256:56a908082febd773b973c31252a7d3a48e06326e7a2242228abd265faffc85d1","expected_epoch":0,"model":"loans","reason":"","requested_at":"2013-01-02T00:00:00Z","requested_by":"schedule","run_id":"scheduled__1","state":"open","version":6,"why":""}',40);
CREATE TABLE builds (
	model VARCHAR(63) NOT NULL, 
	fingerprint VARCHAR(71) NOT NULL, 
	window VARCHAR(32) NOT NULL, 
	begun_at DATETIME NOT NULL, 
	actor TEXT NOT NULL, 
	run_id TEXT NOT NULL, 
	attempt INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	version INTEGER, 
	seq INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_builds PRIMARY KEY (model, fingerprint), 
	CONSTRAINT fk_builds_model FOREIGN KEY(model) REFERENCES models (name)
);
INSERT INTO "builds" VALUES('loans','sha256:2bfded4d73df3daff0c60fa4d88a3c61d0eff5683e7e822eccf6f8c949566fb0','2013-01','2013-01-02 00:00:00.000000','schedule','scheduled__1',1,'',1,6);
INSERT INTO "builds" VALUES('loans','sha256:8699ebb0a4f8731904f2538406cc5e8f00e8d0ef5ae83e4fe041c85e7f07972d','2013-02','2013-01-02 00:00:00.000000','schedule','scheduled__1',1,'',2,10);
INSERT INTO "builds" VALUES('loans','sha256:1c7d676d02bbcaec8044b8b4ab076d8f2be593af8b2fe6e2bd95b838097ad942','2013-03','2013-01-02 00:00:00.000000','schedule','scheduled__1',1,'',3,14);
INSERT INTO "builds" VALUES('loans','sha256:7f1750ebd71319551184eb54ea8568fc8dd2f440b292b738807fd5addcc74c60','2013-06','2013-01-02 00:00:00.000000','schedule','scheduled__1',1,'',4,24);
INSERT INTO "builds" VALUES('loans','sha256:11f9868011e1023c270506bc15679606a26243a1b36ec1e6323e05f4a6c2d991','2013-05','2013-01-02 00:00:00.000000','schedule','scheduled__1',1,'',5,28);
INSERT INTO "builds" VALUES('loans','sha256:7','2013-07','2013-01-02 00:00:00.000000','cli:ada','',1,'I looked at it',NULL,31);
INSERT INTO "builds" VALUES('loans','sha256:aef2e5b76532b9202dd08697b5d80ee9305273162d97ba4285a3334a8a667210','2013-08','2013-01-02 00:00:00.000000','schedule','scheduled__1',1,'',6,36);
CREATE TABLE events (
	model VARCHAR(63) NOT NULL, 
	seq INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	actor TEXT NOT NULL, 
	run_id TEXT NOT NULL, 
	payload TEXT NOT NULL, 
	version INTEGER, 
	window VARCHAR(32), 
	rows TEXT DEFAULT '{}' NOT NULL, 
	previous VARCHAR(71) NOT NULL, 
	hash VARCHAR(71) NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (model, seq), 
	CONSTRAINT fk_events_model FOREIGN KEY(model) REFERENCES models (name)
);
INSERT INTO "events" VALUES('loans',1,'2013-01-02 00:00:00.000000','model.registered','schedule','scheduled__1','{"owner":"risk","spec":"sha256:1","task":""}',NULL,NULL,'{"models":{"[]":"sha256:5736733b42530be6c7c1d806ee5e89c4555e50d792d6188c02ff55a70ee03267"}}','','sha256:dfcfa84328b6ecfeb859c242605810d4eb9252b87d6251b88e3a72df02d058de');
INSERT INTO "events" VALUES('loans',2,'2013-01-02 00:00:00.000000','model.changed','cli:ada','','{"owner":"risk","spec":"sha256:2","task":""}',NULL,NULL,'{"models":{"[]":"sha256:22b29bf24a2e0aa58896582a1eaa20ac9270a5fec5969dbecea76a8689942b15"}}','sha256:dfcfa84328b6ecfeb859c242605810d4eb9252b87d6251b88e3a72df02d058de','sha256:e2aba721698ff0c5515a9db3a4ed0834beaa827511866426feb84863f9853723');
INSERT INTO "events" VALUES('loans',3,'2013-01-02 00:00:00.000000','snapshot.recorded','schedule','scheduled__1','{"mature":true,"outcomes":99,"rows":100,"snapshot":"sha256:ca1614e5caa7025aae6980aa5f402265ad06373ed9efd05010433de96233bc2d","window":"2013-01"}',NULL,'2013-01','{"snapshots":{"[\"sha256:ca1614e5caa7025aae6980aa5f402265ad06373ed9efd05010433de96233bc2d\"]":"sha256:b8c861eaa26da83c1dccd0d763ed6a64a5428b738f6a88af2eb4cbe8afa43f0b"}}','sha256:e2aba721698ff0c5515a9db3a4ed0834beaa827511866426feb84863f9853723','sha256:e7490b9be0128295ed5fa448e3886bbefbbf1069eb616a4d5e71b847b5926974');
INSERT INTO "events" VALUES('loans',4,'2013-01-02 00:00:00.000000','snapshot.validated','schedule','scheduled__1','{"document":null,"expectations":0,"failed":0,"snapshot":"sha256:ca1614e5caa7025aae6980aa5f402265ad06373ed9efd05010433de96233bc2d","success":true,"window":"2013-01"}',NULL,'2013-01','{"validations":{"[\"sha256:ca1614e5caa7025aae6980aa5f402265ad06373ed9efd05010433de96233bc2d\",\"sha256:43a00d02f1f8d94fbbe25d1f8a5c9374f64ebb842c1317af3b8682537fc31a6c\"]":"sha256:0c8c7e1655aa87facb36fd6961b5f9d36d396f7d880e809d8fd3c503c4d87dcc"}}','sha256:e7490b9be0128295ed5fa448e3886bbefbbf1069eb616a4d5e71b847b5926974','sha256:219535d997d2af8ff8f1f59bc07cca3b93e85ca93ebec86e9b315ba91fcf548b');
INSERT INTO "events" VALUES('loans',5,'2013-01-02 00:00:00.000000','version.begun','schedule','scheduled__1','{"attempt":1,"fingerprint":"sha256:2bfded4d73df3daff0c60fa4d88a3c61d0eff5683e7e822eccf6f8c949566fb0","window":"2013-01"}',NULL,'2013-01','{"builds":{"[\"sha256:2bfded4d73df3daff0c60fa4d88a3c61d0eff5683e7e822eccf6f8c949566fb0\"]":"sha256:2a1b2c0e606c6f9338f393dca51bb04fc39153b500d7c2bc91661af1d618a42a"}}','sha256:219535d997d2af8ff8f1f59bc07cca3b93e85ca93ebec86e9b315ba91fcf548b','sha256:a2630a5ea54b50d4ca80a6019176e1a721787178916b85ea3e9de247555bec83');
INSERT INTO "events" VALUES('loans',6,'2013-01-02 00:00:00.000000','version.built','schedule','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","code":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","fingerprint":"sha256:2bfded4d73df3daff0c60fa4d88a3c61d0eff5683e7e822eccf6f8c949566fb0","rows":70,"snapshots":["sha256:ca1614e5caa7025aae6980aa5f402265ad06373ed9efd05010433de96233bc2d"],"version":1,"window":"2013-01"}',1,'2013-01','{"builds":{"[\"sha256:2bfded4d73df3daff0c60fa4d88a3c61d0eff5683e7e822eccf6f8c949566fb0\"]":"sha256:87dc75ff4e6105e2ad8163a7a798657306aa3ca168b57121a0fe873627e65ff4"},"versions":{"[1]":"sha256:b5ec35c232136b3f06ecd739441677f04e92a3d2d76d0fc981a4a8a5d677e0cc"}}','sha256:a2630a5ea54b50d4ca80a6019176e1a721787178916b85ea3e9de247555bec83','sha256:da9d417e8674d2e8a5d210b993fd36963f273c33b46918d6568f74fe7f5f0855');
INSERT INTO "events" VALUES('loans',7,'2013-01-02 00:00:00.000000','version.evaluated','schedule','scheduled__1','{"evaluation":"sha256:7e098ded5e9f10a0c1306725d65c616ee2a814111de2bdc0a259caf8069c824a","metrics":{},"rows":30,"version":1}',1,NULL,'{"versions":{"[1]":"sha256:8a3051ad2efc19453118b6a5196caef80233f39192254f432cb2665608aab7b9"}}','sha256:da9d417e8674d2e8a5d210b993fd36963f273c33b46918d6568f74fe7f5f0855','sha256:e6bc715cabc08ef8352c3847d8c53afec30d6f4727066e34ef61c69d2d9cc463');
INSERT INTO "events" VALUES('loans',8,'2013-01-02 00:00:00.000000','champion.promoted','schedule','scheduled__1','{"epoch":1,"from_version":null,"reason":"the gate passed","version":1}',1,NULL,'{"promotions":{"[1]":"sha256:7f55924a8176c36544142cdd57ee293823c230e9b3b97e6091b5a5f807b66e78"},"versions":{"[1]":"sha256:c11fa5bbe5258504c1839c5b9f989693ab898009a3d5fafe3ff46445131bfcbb"}}','sha256:e6bc715cabc08ef8352c3847d8c53afec30d6f4727066e34ef61c69d2d9cc463','sha256:73e45a6f804a583711c2f73b94c8e2ea2132ededc6b0480f97a44da87ba4eb06');
INSERT INTO "events" VALUES('loans',9,'2013-01-02 00:00:00.000000','version.begun','schedule','scheduled__1','{"attempt":1,"fingerprint":"sha256:8699ebb0a4f8731904f2538406cc5e8f00e8d0ef5ae83e4fe041c85e7f07972d","window":"2013-02"}',NULL,'2013-02','{"builds":{"[\"sha256:8699ebb0a4f8731904f2538406cc5e8f00e8d0ef5ae83e4fe041c85e7f07972d\"]":"sha256:d8c0a70440b9f06fd1d0503802a218df23f7f69881c8eaec5f74f152283748ed"}}','sha256:73e45a6f804a583711c2f73b94c8e2ea2132ededc6b0480f97a44da87ba4eb06','sha256:c2a4ffdf4da5bd00977b3561e066c38633b8dc5560c2e91ecf1fba243aad6508');
INSERT INTO "events" VALUES('loans',10,'2013-01-02 00:00:00.000000','version.built','schedule','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","code":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","fingerprint":"sha256:8699ebb0a4f8731904f2538406cc5e8f00e8d0ef5ae83e4fe041c85e7f07972d","rows":70,"snapshots":["sha256:cbdd8718ef99adc021586d2a7f0d1bff3e428529445ee2e21b9fa557440be8fb"],"version":2,"window":"2013-02"}',2,'2013-02','{"builds":{"[\"sha256:8699ebb0a4f8731904f2538406cc5e8f00e8d0ef5ae83e4fe041c85e7f07972d\"]":"sha256:bd2b9fcf779f3098a30df1e70b2841ec46ed9a1635897d0733a8196855017e89"},"versions":{"[2]":"sha256:9a56064417cacf1a240377c6b6b70b9a51b1902a57792bc15a2d7ffd8ac7a99d"}}','sha256:c2a4ffdf4da5bd00977b3561e066c38633b8dc5560c2e91ecf1fba243aad6508','sha256:384990757d1faa60a0d136432f3aeb42a0e88b40ee7885623c68976e5ee92aa3');
INSERT INTO "events" VALUES('loans',11,'2013-01-02 00:00:00.000000','version.evaluated','schedule','scheduled__1','{"evaluation":"sha256:cdc67a12dec85a911eff77a683d0b5ffe6336b50a3a75c20a9136d2b6563c9fe","metrics":{},"rows":30,"version":2}',2,NULL,'{"versions":{"[2]":"sha256:b3d78c7a42e767880e950e0a5275480209e74bdc833b02ecf958b67c7e9363b0"}}','sha256:384990757d1faa60a0d136432f3aeb42a0e88b40ee7885623c68976e5ee92aa3','sha256:d32f49a6c76330027304780475ded4f3747fbe427a3d47826d105fa2d9e1a9dd');
INSERT INTO "events" VALUES('loans',12,'2013-01-02 00:00:00.000000','champion.promoted','schedule','scheduled__1','{"epoch":2,"from_version":1,"reason":"the gate passed","version":2}',2,NULL,'{"promotions":{"[2]":"sha256:3fdfbe503c04deee6cea36200314ec5fc1458854422a7e8edc20507f9e99fce9"},"versions":{"[1]":"sha256:36e1ebedaa97716367c71077432edc1fcdc65a5d5dc069f40e27e3aec1139f56","[2]":"sha256:898330756a1c2b3a59a18ccdd7969d636c06a7ee6c15f0e656ba637bf4fbacd9"}}','sha256:d32f49a6c76330027304780475ded4f3747fbe427a3d47826d105fa2d9e1a9dd','sha256:aa5fd962b246650149c0ac4e2b700fc2c270f787f6dff980094762982e7cd705');
INSERT INTO "events" VALUES('loans',13,'2013-01-02 00:00:00.000000','version.begun','schedule','scheduled__1','{"attempt":1,"fingerprint":"sha256:1c7d676d02bbcaec8044b8b4ab076d8f2be593af8b2fe6e2bd95b838097ad942","window":"2013-03"}',NULL,'2013-03','{"builds":{"[\"sha256:1c7d676d02bbcaec8044b8b4ab076d8f2be593af8b2fe6e2bd95b838097ad942\"]":"sha256:2d0ea7ed77347dd62eafe7ddf076bc1b02016c5b3a5101ec52512674fc79c26e"}}','sha256:aa5fd962b246650149c0ac4e2b700fc2c270f787f6dff980094762982e7cd705','sha256:67448ea150588b37f1e4e2f851c20cd1317f27dfbe6e2eabd9bb9db44a47ee5d');
INSERT INTO "events" VALUES('loans',14,'2013-01-02 00:00:00.000000','version.built','schedule','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","code":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","fingerprint":"sha256:1c7d676d02bbcaec8044b8b4ab076d8f2be593af8b2fe6e2bd95b838097ad942","rows":70,"snapshots":["sha256:38e3dbd2fca907646d14b50d2fc7cf8ec8ae5f9accadbfbf3460bcfafe0f802c"],"version":3,"window":"2013-03"}',3,'2013-03','{"builds":{"[\"sha256:1c7d676d02bbcaec8044b8b4ab076d8f2be593af8b2fe6e2bd95b838097ad942\"]":"sha256:770a768836ac9934ae9215e808f11bd4548d6e28e36a44f49fc0adb71589be9b"},"versions":{"[3]":"sha256:4d57420785e3a77b6c2700941bf63857cde077f6d066842793d68cff31b12e94"}}','sha256:67448ea150588b37f1e4e2f851c20cd1317f27dfbe6e2eabd9bb9db44a47ee5d','sha256:10a67e0f5626d26057c9c4498496f697d7d4656bb51474b69a858386dfb4bdf8');
INSERT INTO "events" VALUES('loans',15,'2013-01-02 00:00:00.000000','version.evaluated','schedule','scheduled__1','{"evaluation":"sha256:0bed3475690eedfaa7944094a5654ea265680bf605314b720efe06473299a685","metrics":{},"rows":30,"version":3}',3,NULL,'{"versions":{"[3]":"sha256:a06fa013a1a5aa079294101adb3cc0a39d5ba2b38af56181061fc67b81bd2ee1"}}','sha256:10a67e0f5626d26057c9c4498496f697d7d4656bb51474b69a858386dfb4bdf8','sha256:68b61d71248865e52903fe269433c729004a703bb3adbbd22ad8355f45594232');
INSERT INTO "events" VALUES('loans',16,'2013-01-02 00:00:00.000000','version.judged','schedule','scheduled__1','{"decision":"reject","evaluation":"sha256:0bed3475690eedfaa7944094a5654ea265680bf605314b720efe06473299a685","expected_epoch":0,"headline":"better by 0.1","rules":{},"version":3}',3,NULL,'{"versions":{"[3]":"sha256:7127e9f4aa2a30465248186c196a29c5fa0fe41f761412661ad400ae960eaa40"}}','sha256:68b61d71248865e52903fe269433c729004a703bb3adbbd22ad8355f45594232','sha256:a8c9bf7ba1fdeaab5bfab182f73741f3a1941941994bfe1ff9b9db4c509cbb26');
INSERT INTO "events" VALUES('loans',17,'2013-01-02 00:00:00.000000','version.rejected','schedule','scheduled__1','{"reason":"no better","version":3}',3,NULL,'{"versions":{"[3]":"sha256:f9143b7206776e353f79e8b2b949639a2391641c302a18fdf6b53f3a24fd407e"}}','sha256:a8c9bf7ba1fdeaab5bfab182f73741f3a1941941994bfe1ff9b9db4c509cbb26','sha256:54ff4b250201155431ca1ffa6c9c873f6cbe3f00a53af58f5be3dd6e8d0f4c69');
INSERT INTO "events" VALUES('loans',18,'2013-01-02 00:00:00.000000','champion.rolled_back','cli:ada','','{"epoch":3,"from_version":2,"reason":"complaints","version":1}',1,NULL,'{"promotions":{"[3]":"sha256:75a1d1b3e3725988fdba4b97f7d75be11e80fbab7449cdb5727464457044ff22"},"versions":{"[1]":"sha256:64bad4480eca59f6a8abe055048228163a72f3f00fe99b45a0d8f98ad633cac9","[2]":"sha256:e9be3ca4ea106966a1dc4d8d538303a64773729a18cdbb498308ebfc3edad5e5"}}','sha256:54ff4b250201155431ca1ffa6c9c873f6cbe3f00a53af58f5be3dd6e8d0f4c69','sha256:aa634895204f798fb4dc7edd56e8b5e989605cfb94b5a9ffeda37f4a57053cc6');
INSERT INTO "events" VALUES('loans',19,'2013-01-02 00:00:00.000000','scores.published','schedule','scheduled__1','{"artifact":"sha256:2860ddda37e69fb33c44462e6aea0cbe443074be451869b9a2f0876a2045fe4d","rows":100,"snapshot":"sha256:d3c116e5d61c567e78cd58d3ab181a18d10c2b5009a781019aeaa0c36c69d381","version":1,"window":"2013-04"}',1,'2013-04','{"scores":{"[\"2013-04\",1,\"sha256:2860ddda37e69fb33c44462e6aea0cbe443074be451869b9a2f0876a2045fe4d\"]":"sha256:c3454ab994991bb1ab954455421c3ccf8ec714388f1d0e2505c101eb47ca9cb3"}}','sha256:aa634895204f798fb4dc7edd56e8b5e989605cfb94b5a9ffeda37f4a57053cc6','sha256:26792f5c1bd59021d68dce4a0a6686c4e224e29aacd12a432b9fae5ba6b0a029');
INSERT INTO "events" VALUES('loans',20,'2013-01-02 00:00:00.000000','retrain.requested','schedule','scheduled__1','{"answer":"retrain__2013-04__de341209","reason":"the loss is recoverable","request":"sha256:de341209683a07d6984056732cdd1afb591fd043eac3363c9ddb746819a05cdb","window":"2013-04"}',NULL,'2013-04','{"requests":{"[\"sha256:de341209683a07d6984056732cdd1afb591fd043eac3363c9ddb746819a05cdb\"]":"sha256:07828d27b6c46cb1e9777a884c172c2c7b9ac3609aa6c3615c7f387915eee7b5"}}','sha256:26792f5c1bd59021d68dce4a0a6686c4e224e29aacd12a432b9fae5ba6b0a029','sha256:ebbab897028d20f49730bf4d19338332da56c0febb435bc9c700bdbdb3f46175');
INSERT INTO "events" VALUES('loans',21,'2013-01-02 00:00:00.000000','window.monitored','schedule','scheduled__1','{"decision":"retrain","evidence":"sha256:dba28372e74efcba11d59987a6ae1180ef6f917ab29f3eb002ec2edbf8fbb865","reasons":["10% of the loss"],"request":"sha256:de341209683a07d6984056732cdd1afb591fd043eac3363c9ddb746819a05cdb","version":1,"window":"2013-04"}',1,'2013-04','{"monitoring":{"[\"2013-04\",21]":"sha256:e9300099a0eb9be6617b9a4257685c490699fef13c313868d0343e7dd7912254"}}','sha256:ebbab897028d20f49730bf4d19338332da56c0febb435bc9c700bdbdb3f46175','sha256:2d18f9999411579fca4bc5ec39ae05c8ef43a242cfb84b92c785545506419c22');
INSERT INTO "events" VALUES('loans',22,'2013-01-02 00:00:00.000000','retrain.started','schedule','scheduled__1','{"answer":"retrain__2013-04__de341209","request":"sha256:de341209683a07d6984056732cdd1afb591fd043eac3363c9ddb746819a05cdb","window":"2013-04"}',NULL,'2013-04','{"requests":{"[\"sha256:de341209683a07d6984056732cdd1afb591fd043eac3363c9ddb746819a05cdb\"]":"sha256:6617c8e7813651f5f999f526fcaa10828994aecb0c26a4f3a68d74dd913808d1"}}','sha256:2d18f9999411579fca4bc5ec39ae05c8ef43a242cfb84b92c785545506419c22','sha256:36dacc17697d9f42c51b45d36f9489200524891d0792ec42af83057ba09c82b9');
INSERT INTO "events" VALUES('loans',23,'2013-01-02 00:00:00.000000','version.begun','schedule','scheduled__1','{"attempt":1,"fingerprint":"sha256:7f1750ebd71319551184eb54ea8568fc8dd2f440b292b738807fd5addcc74c60","window":"2013-06"}',NULL,'2013-06','{"builds":{"[\"sha256:7f1750ebd71319551184eb54ea8568fc8dd2f440b292b738807fd5addcc74c60\"]":"sha256:5bf49476e86418344bc901db1a8462053b9196b5c0e42f5eb66dea5cd9461a39"}}','sha256:36dacc17697d9f42c51b45d36f9489200524891d0792ec42af83057ba09c82b9','sha256:060928b4492135298172297f10f49677b49b157366cbc1c878657de97dc9450b');
INSERT INTO "events" VALUES('loans',24,'2013-01-02 00:00:00.000000','version.built','schedule','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","code":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","fingerprint":"sha256:7f1750ebd71319551184eb54ea8568fc8dd2f440b292b738807fd5addcc74c60","rows":70,"snapshots":["sha256:cfc15415115c17e3df8a662ce89e0a74c9defad48c3f12cd687f16ee1ed74a07"],"version":4,"window":"2013-06"}',4,'2013-06','{"builds":{"[\"sha256:7f1750ebd71319551184eb54ea8568fc8dd2f440b292b738807fd5addcc74c60\"]":"sha256:53ccb9604d67aa5eb678a5474673ccb8c184b10980db519fc8e2174d1f7acbd6"},"versions":{"[4]":"sha256:f592f0e907be0259b2bb30962b01843d9666c926187a6c00f2a8c2977299b300"}}','sha256:060928b4492135298172297f10f49677b49b157366cbc1c878657de97dc9450b','sha256:4de4b577be982ee7f6c7a33b1b63f436aa44535f90af4f4136b5095da288cdf4');
INSERT INTO "events" VALUES('loans',25,'2013-01-02 00:00:00.000000','version.evaluated','schedule','scheduled__1','{"evaluation":"sha256:16493832f0e260a7c9fd6a0791d457dafb6f37d407910756c08092e5e7d5b7d0","metrics":{},"rows":30,"version":4}',4,NULL,'{"versions":{"[4]":"sha256:fb80557b7a834138ed6a229bb6b984b42ca1d2297387dc39c97c2d4d7c9009a3"}}','sha256:4de4b577be982ee7f6c7a33b1b63f436aa44535f90af4f4136b5095da288cdf4','sha256:60398c068aa86fb469a77fb94058d722dd10e29eca2aae182e4b9b5f0328db58');
INSERT INTO "events" VALUES('loans',26,'2013-01-02 00:00:00.000000','champion.promoted','schedule','scheduled__1','{"epoch":4,"from_version":1,"reason":"the gate passed","version":4}',4,NULL,'{"promotions":{"[4]":"sha256:efb51c7b857008b13d4e842aa49c338791e039bd451f064dffb0a20b5181bb9a"},"versions":{"[1]":"sha256:72644bcd8f38f2b4844931ac43bfe36d07d4d2880c9ec0be7e251106043a3ef0","[4]":"sha256:36e8cd16c14745f761a2ea05c52365075dc3c5e965cbb0ec373e637096e0f1a9"}}','sha256:60398c068aa86fb469a77fb94058d722dd10e29eca2aae182e4b9b5f0328db58','sha256:1dafaf1196d26ef434d603db4bb78a45b8324bd71968defecc951fb37cc992bd');
INSERT INTO "events" VALUES('loans',27,'2013-01-02 00:00:00.000000','version.begun','schedule','scheduled__1','{"attempt":1,"fingerprint":"sha256:11f9868011e1023c270506bc15679606a26243a1b36ec1e6323e05f4a6c2d991","window":"2013-05"}',NULL,'2013-05','{"builds":{"[\"sha256:11f9868011e1023c270506bc15679606a26243a1b36ec1e6323e05f4a6c2d991\"]":"sha256:c3cce8e09d4d81a8e2f41c521b45541df5d0a622aabbf37cccf3b799c9bbdb19"}}','sha256:1dafaf1196d26ef434d603db4bb78a45b8324bd71968defecc951fb37cc992bd','sha256:32f02f34440c8ef7642054089afb9a257ec7de63edc97491c0a9c9537c1343b4');
INSERT INTO "events" VALUES('loans',28,'2013-01-02 00:00:00.000000','version.built','schedule','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","code":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","fingerprint":"sha256:11f9868011e1023c270506bc15679606a26243a1b36ec1e6323e05f4a6c2d991","rows":70,"snapshots":["sha256:1b56871794fb703c78664b7c1c68a1f3f013ad7680bc7d5016a7cb68c6216472"],"version":5,"window":"2013-05"}',5,'2013-05','{"builds":{"[\"sha256:11f9868011e1023c270506bc15679606a26243a1b36ec1e6323e05f4a6c2d991\"]":"sha256:971e07cd5c0744f45950fa02b60b99fdcc67559148f5498f89dcc805e07f2f78"},"versions":{"[5]":"sha256:6085ef7d3ccf834fbf723cc21c1b718ad7766f1b636ef66a3ab795a7e66c1f4a"}}','sha256:32f02f34440c8ef7642054089afb9a257ec7de63edc97491c0a9c9537c1343b4','sha256:9befd42698c954b9ca895976550f985d9beb73e08442e9f849440fba92acbefa');
INSERT INTO "events" VALUES('loans',29,'2013-01-02 00:00:00.000000','version.evaluated','schedule','scheduled__1','{"evaluation":"sha256:af56827554623d7eff8658cfd55b1d5c9a33b5acaaf629f90711f1f279c13eec","metrics":{},"rows":30,"version":5}',5,NULL,'{"versions":{"[5]":"sha256:0502b12d6544dbd299e64947cf5e9903877d01633c22c00fccf261e5432ed2d0"}}','sha256:9befd42698c954b9ca895976550f985d9beb73e08442e9f849440fba92acbefa','sha256:655ee6619a66351e9a64a5f27f9162cde5ba125889349488eba3637c0e9b347e');
INSERT INTO "events" VALUES('loans',30,'2013-01-02 00:00:00.000000','version.eligible','schedule','scheduled__1','{"reason":"it passed","version":5,"window":"2013-05"}',5,'2013-05','{"versions":{"[5]":"sha256:f087e701824de79b25ff8e15e21014d24913d5ce01317bcbfcc52b6cd4718824"}}','sha256:655ee6619a66351e9a64a5f27f9162cde5ba125889349488eba3637c0e9b347e','sha256:21aa97fd7912334cceb05bd4cca40916bf0993295bef33fa0f34009aa750771b');
INSERT INTO "events" VALUES('loans',31,'2013-01-02 00:00:00.000000','version.begun','cli:ada','','{"attempt":1,"fingerprint":"sha256:7","window":"2013-07"}',NULL,'2013-07','{"builds":{"[\"sha256:7\"]":"sha256:10fe9736eadff45d8f4284a4ec8d2fe32b7e3f50277c426e69f9fdc94cffb229"}}','sha256:21aa97fd7912334cceb05bd4cca40916bf0993295bef33fa0f34009aa750771b','sha256:733afeb1ce24910886a8524652b975637a57c93b4ddb0a09408b50e8b96d1848');
INSERT INTO "events" VALUES('loans',32,'2013-01-02 00:00:00.000000','window.monitored','schedule','scheduled__1','{"decision":"alert","evidence":"sha256:47350f6a2125d3ca286e117ebc01be4f0dafc724513424b671768e4f6a37c4ae","reasons":["10% of the loss"],"request":null,"version":1,"window":"2013-07"}',1,'2013-07','{"monitoring":{"[\"2013-07\",32]":"sha256:1b3f5baaa334e04d0aec635d7c8fa7f6f41dff152edd60a5077018c0e38f6bff"}}','sha256:733afeb1ce24910886a8524652b975637a57c93b4ddb0a09408b50e8b96d1848','sha256:5f536bdd5465f91c5b562be0cf314d39729a56efd108508c8f9dc2b91f16d73a');
INSERT INTO "events" VALUES('loans',33,'2013-01-02 00:00:00.000000','incident.opened','schedule','scheduled__1','{"incident":1,"reason":"10% of the loss","window":"2013-07"}',NULL,'2013-07','{"incidents":{"[1]":"sha256:8c19842eb35b1376d4ff140ee7993ba75474a03e49ade6e8e9961368d654b4b2"}}','sha256:5f536bdd5465f91c5b562be0cf314d39729a56efd108508c8f9dc2b91f16d73a','sha256:c27d92ee389b1a69f25e3bf209de084fbad9d2ab1de5942c002b590b06d8f8e8');
INSERT INTO "events" VALUES('loans',34,'2013-01-02 00:00:00.000000','incident.notified','schedule','scheduled__1','{"channel":"mail","incident":1,"notice":"opened"}',NULL,NULL,'{"notices":{"[1,\"opened\",\"mail\"]":"sha256:0ae3bf9505442aab6e41a26d2e1696896085a0bc028c4fe54d650662dc6bb4c3"}}','sha256:c27d92ee389b1a69f25e3bf209de084fbad9d2ab1de5942c002b590b06d8f8e8','sha256:2929b053e12158455d4fc3e5d01672978340e1ee55b7b0bf4cce52e39bfbbdcd');
INSERT INTO "events" VALUES('loans',35,'2013-01-02 00:00:00.000000','version.begun','schedule','scheduled__1','{"attempt":1,"fingerprint":"sha256:aef2e5b76532b9202dd08697b5d80ee9305273162d97ba4285a3334a8a667210","window":"2013-08"}',NULL,'2013-08','{"builds":{"[\"sha256:aef2e5b76532b9202dd08697b5d80ee9305273162d97ba4285a3334a8a667210\"]":"sha256:a1efdf0a672a824c1e4fbc0f97d41ac11a2f295f52a3f08bb2607997db488236"}}','sha256:2929b053e12158455d4fc3e5d01672978340e1ee55b7b0bf4cce52e39bfbbdcd','sha256:502d2682e96955336bd3c0cf65fdf70a6a2e5a7e407cf77b8357273464e66d8d');
INSERT INTO "events" VALUES('loans',36,'2013-01-02 00:00:00.000000','version.built','schedule','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","code":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","fingerprint":"sha256:aef2e5b76532b9202dd08697b5d80ee9305273162d97ba4285a3334a8a667210","rows":70,"snapshots":["sha256:802234245f24b7b86db751285409b13ab2e70f0e338cf673a77bdd9924a5da56"],"version":6,"window":"2013-08"}',6,'2013-08','{"builds":{"[\"sha256:aef2e5b76532b9202dd08697b5d80ee9305273162d97ba4285a3334a8a667210\"]":"sha256:b6e388cdd96017cf1d05ce3003b2398d9ed729b84bd6f2edc7db8592add93f6d"},"versions":{"[6]":"sha256:57bb7ce6bbc8c7d2ee393262848413959d32d8f6091561814f1e792ea1c50768"}}','sha256:502d2682e96955336bd3c0cf65fdf70a6a2e5a7e407cf77b8357273464e66d8d','sha256:2f38c1f0bf16d60ba3075d9cdf38e85d00036d3b8c3505fe943778fa3446a43d');
INSERT INTO "events" VALUES('loans',37,'2013-01-02 00:00:00.000000','version.evaluated','schedule','scheduled__1','{"evaluation":"sha256:56a908082febd773b973c31252a7d3a48e06326e7a2242228abd265faffc85d1","metrics":{},"rows":30,"version":6}',6,NULL,'{"versions":{"[6]":"sha256:fa7565145f45725b74fa1a10f258e92a5d571e17eebdfb3c71c38590d2aae0b7"}}','sha256:2f38c1f0bf16d60ba3075d9cdf38e85d00036d3b8c3505fe943778fa3446a43d','sha256:72890041097ad76795f315e5dffbc7e3248e3d590dfeec91d3b8eac97d218338');
INSERT INTO "events" VALUES('loans',38,'2013-01-02 00:00:00.000000','version.judged','schedule','scheduled__1','{"decision":"needs_approval","evaluation":"sha256:56a908082febd773b973c31252a7d3a48e06326e7a2242228abd265faffc85d1","expected_epoch":0,"headline":"better by 0.1","rules":{},"version":6}',6,NULL,'{"versions":{"[6]":"sha256:3a155cf9ed91a39fc2953bec9074e0f3b9b8af94769efeb17027698160ca47cd"}}','sha256:72890041097ad76795f315e5dffbc7e3248e3d590dfeec91d3b8eac97d218338','sha256:2cf164778c86d2c76ed47a06678eec20f85054cbac5d8c332ef57e5f9f745b67');
INSERT INTO "events" VALUES('loans',39,'2013-01-02 00:00:00.000000','version.explained','schedule','scheduled__1','{"explanation":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","version":6}',6,NULL,'{"explanations":{"[6]":"sha256:5c3a2b24d8a7274ac200b7732877c31e702426827c55760a23c5c2bf450981bb"}}','sha256:2cf164778c86d2c76ed47a06678eec20f85054cbac5d8c332ef57e5f9f745b67','sha256:29c5dad201fad206be9a9c1ba07105ad231d7261b9a9753422aa6f357872c48e');
INSERT INTO "events" VALUES('loans',40,'2013-01-02 00:00:00.000000','approval.requested','schedule','scheduled__1','{"approval":40,"deadline":"2013-01-09T00:00:00+00:00","evaluation":"sha256:56a908082febd773b973c31252a7d3a48e06326e7a2242228abd265faffc85d1","expected_epoch":0,"version":6}',6,NULL,'{"approvals":{"[40]":"sha256:5b17ee8a3ffb1e7a5da7763900f394736993106b64a51ab51dee99b28a8ece6e"}}','sha256:29c5dad201fad206be9a9c1ba07105ad231d7261b9a9753422aa6f357872c48e','sha256:698bba295b64c1f37c2170b25e4e1183d5b0d356d244406e2cd588243a8b6a08');
INSERT INTO "events" VALUES('loans',41,'2013-01-02 00:00:00.000000','rollout.began','schedule','scheduled__1','{"champion":4,"expected_epoch":4,"reason":"the gate passed","rollout":41,"shares":[0.05,0.25],"version":6}',6,NULL,'{"rollouts":{"[41]":"sha256:054fe06ea18fbbe7a6808a6dd21384158719e587ecfcf5317fd55a954e891bcf"}}','sha256:698bba295b64c1f37c2170b25e4e1183d5b0d356d244406e2cd588243a8b6a08','sha256:843d36cff1767b9a49ecb5f3807c690078bef1785ef036f8bc26adb4a2e784af');
INSERT INTO "events" VALUES('loans',42,'2013-01-02 00:00:00.000000','rollout.scored','schedule','scheduled__1','{"rollout":41,"share":0.05,"stage":0,"version":6,"window":"2013-09"}',6,'2013-09','{"rollout_windows":{"[41,\"2013-09\"]":"sha256:07fae545a60ccba8940688f9f2c41fdf9ccfbc65322dceb2a1aee2006980d6ff"}}','sha256:843d36cff1767b9a49ecb5f3807c690078bef1785ef036f8bc26adb4a2e784af','sha256:0fd5712f8d7560d609b1f0aac3278c9b1b181edd4d8de75c636bfecc6d809b1f');
INSERT INTO "events" VALUES('loans',43,'2013-01-02 00:00:00.000000','scores.shadowed','schedule','scheduled__1','{"artifact":"sha256:5192722013fb83734d2649392f59f4be404ba021279e51ddb84cad097d564870","rows":100,"version":6,"window":"2013-09"}',6,'2013-09','{"shadow_scores":{"[\"2013-09\",6,\"sha256:5192722013fb83734d2649392f59f4be404ba021279e51ddb84cad097d564870\"]":"sha256:208a589c50674446ea9c05927d0843ccd6d20839364e46cf3d9d996db971ce27"}}','sha256:0fd5712f8d7560d609b1f0aac3278c9b1b181edd4d8de75c636bfecc6d809b1f','sha256:214542d3ad4102b7719d0b51e47b047e21e7b8858992f6a381365be07a794905');
INSERT INTO "events" VALUES('loans',44,'2013-01-02 00:00:00.000000','version.compared','schedule','scheduled__1','{"champion":1,"headline":"Surely better","outcome":"pass","version":2,"window":"2013-03"}',2,'2013-03','{"live":{"[\"2013-03\",2,1,\"sha256:22295e1126ec62b31edb7f1eee03536e3c46aaa483295101ef35047e7c512166\"]":"sha256:a6bcf2c7b6f03479ae75566071e8dee468858e7df5d55671c729681021a71fa0"}}','sha256:214542d3ad4102b7719d0b51e47b047e21e7b8858992f6a381365be07a794905','sha256:20ed734cf8dc253ca5d9825fb51a192727d3d0bc9931684943c4bfbc332636b6');
CREATE TABLE explanations (
	model VARCHAR(63) NOT NULL, 
	version INTEGER NOT NULL, 
	artifact VARCHAR(71) NOT NULL, 
	seq INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_explanations PRIMARY KEY (model, version), 
	CONSTRAINT fk_explanations_model_version FOREIGN KEY(model, version) REFERENCES versions (model, version), 
	CONSTRAINT fk_explanations_model FOREIGN KEY(model) REFERENCES models (name)
);
INSERT INTO "explanations" VALUES('loans',6,'sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',39);
CREATE TABLE fences (
	work TEXT NOT NULL, 
	fence INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	began DATETIME, 
	taken_at DATETIME NOT NULL, 
	CONSTRAINT pk_fences PRIMARY KEY (work)
);
INSERT INTO "fences" VALUES('a task',1,1,NULL,'2013-01-02 00:00:00.000000');
CREATE TABLE incidents (
	model VARCHAR(63) NOT NULL, 
	incident INTEGER NOT NULL, 
	window VARCHAR(32) NOT NULL, 
	reason TEXT NOT NULL, 
	opened_at DATETIME NOT NULL, 
	closed_window VARCHAR(32), 
	closed_at DATETIME, 
	seq INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_incidents PRIMARY KEY (model, incident), 
	CONSTRAINT fk_incidents_model FOREIGN KEY(model) REFERENCES models (name)
);
INSERT INTO "incidents" VALUES('loans',1,'2013-07','10% of the loss','2013-01-02 00:00:00.000000',NULL,NULL,33);
CREATE TABLE live (
	model VARCHAR(63) NOT NULL, 
	window VARCHAR(32) NOT NULL, 
	version INTEGER NOT NULL, 
	champion INTEGER NOT NULL, 
	digest VARCHAR(71) NOT NULL, 
	recorded INTEGER NOT NULL, 
	result TEXT NOT NULL, 
	seq INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_live PRIMARY KEY (model, window, version, champion, digest), 
	CONSTRAINT fk_live_model_version FOREIGN KEY(model, version) REFERENCES versions (model, version), 
	CONSTRAINT fk_live_model FOREIGN KEY(model) REFERENCES models (name)
);
INSERT INTO "live" VALUES('loans','2013-03',2,1,'sha256:22295e1126ec62b31edb7f1eee03536e3c46aaa483295101ef35047e7c512166',44,'{"champion":1,"champion_scores":"sha256:3333333333333333333333333333333333333333333333333333333333333333","comparison":{"covariance":null,"degrees":null,"difference":-0.1,"metric":"log_loss","other":"v1","problem":"","rows":100,"skew":0.0,"slice":null,"std_error":0.01,"value":null,"value_error":null},"margin":0.01,"model":"loans","outcome":"pass","reason":{"detail":"","headline":"Surely better","numbers":[]},"scores":"sha256:2222222222222222222222222222222222222222222222222222222222222222","snapshot":"sha256:1111111111111111111111111111111111111111111111111111111111111111","version":2,"window":"2013-03","window_start":"2013-03-01T00:00:00Z"}',44);
CREATE TABLE models (
	name VARCHAR(63) NOT NULL, 
	owner TEXT NOT NULL, 
	description TEXT NOT NULL, 
	task VARCHAR(16) NOT NULL, 
	spec_digest VARCHAR(71) NOT NULL, 
	spec TEXT NOT NULL, 
	registered_at DATETIME NOT NULL, 
	audit_seq INTEGER NOT NULL, 
	audit_hash VARCHAR(71) NOT NULL, 
	audit_at DATETIME NOT NULL, 
	seq INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_models PRIMARY KEY (name)
);
INSERT INTO "models" VALUES('loans','risk','','','sha256:2','{"owner": "risk"}','2013-01-02 00:00:00.000000',44,'sha256:20ed734cf8dc253ca5d9825fb51a192727d3d0bc9931684943c4bfbc332636b6','2013-01-02 00:00:00.000000',2);
CREATE TABLE monitoring (
	model VARCHAR(63) NOT NULL, 
	window VARCHAR(32) NOT NULL, 
	recorded INTEGER NOT NULL, 
	evidence VARCHAR(71) NOT NULL, 
	decision VARCHAR(20) NOT NULL, 
	request VARCHAR(71), 
	result TEXT NOT NULL, 
	seq INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_monitoring PRIMARY KEY (model, window, recorded), 
	CONSTRAINT fk_monitoring_model FOREIGN KEY(model) REFERENCES models (name), 
	CONSTRAINT fk_monitoring_request FOREIGN KEY(request) REFERENCES requests (request), 
	CONSTRAINT uq_monitoring_model_window_evidence UNIQUE (model, window, evidence)
);
INSERT INTO "monitoring" VALUES('loans','2013-04',21,'sha256:dba28372e74efcba11d59987a6ae1180ef6f917ab29f3eb002ec2edbf8fbb865','retrain','sha256:de341209683a07d6984056732cdd1afb591fd043eac3363c9ddb746819a05cdb','{"at":"2013-01-02T00:00:00Z","checks":[{"check":"performance","columns":[],"detail":"","details":{},"effect":0.1,"headline":"10% of the loss","level":null,"low":null,"numbers":[],"outcome":"finding","p_value":null,"unit":""}],"decision":"retrain","estimated_loss":null,"first_loss":null,"history":[],"loss":null,"model":"loans","notices":[],"outcomes":0,"profile":null,"reasons":[{"detail":"","headline":"10% of the loss","numbers":[]}],"reopened":false,"request":"sha256:de341209683a07d6984056732cdd1afb591fd043eac3363c9ddb746819a05cdb","scores":"sha256:2860ddda37e69fb33c44462e6aea0cbe443074be451869b9a2f0876a2045fe4d","snapshot":"sha256:d3c116e5d61c567e78cd58d3ab181a18d10c2b5009a781019aeaa0c36c69d381","version":1,"window":"2013-04"}',21);
INSERT INTO "monitoring" VALUES('loans','2013-07',32,'sha256:47350f6a2125d3ca286e117ebc01be4f0dafc724513424b671768e4f6a37c4ae','alert',NULL,'{"at":"2013-01-02T00:00:00Z","checks":[{"check":"performance","columns":[],"detail":"","details":{},"effect":0.1,"headline":"10% of the loss","level":null,"low":null,"numbers":[],"outcome":"finding","p_value":null,"unit":""}],"decision":"alert","estimated_loss":null,"first_loss":null,"history":[],"loss":null,"model":"loans","notices":[],"outcomes":0,"profile":null,"reasons":[{"detail":"","headline":"10% of the loss","numbers":[]}],"reopened":false,"request":null,"scores":"sha256:ec31b3ea332a859db866837a8a1335d919395db35e6cc5f95e966c0ef095d28a","snapshot":"sha256:fd714c6ab1b5c516653efc69174622486a43c9055975752986f780092cbcbc5c","version":1,"window":"2013-07"}',32);
CREATE TABLE notices (
	model VARCHAR(63) NOT NULL, 
	incident INTEGER NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	channel VARCHAR(128) NOT NULL, 
	notified_at DATETIME NOT NULL, 
	seq INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_notices PRIMARY KEY (model, incident, kind, channel), 
	CONSTRAINT fk_notices_model_incident FOREIGN KEY(model, incident) REFERENCES incidents (model, incident), 
	CONSTRAINT fk_notices_model FOREIGN KEY(model) REFERENCES models (name)
);
INSERT INTO "notices" VALUES('loans',1,'opened','mail','2013-01-02 00:00:00.000000',34);
CREATE TABLE promotions (
	model VARCHAR(63) NOT NULL, 
	epoch INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	from_version INTEGER, 
	at DATETIME NOT NULL, 
	actor TEXT NOT NULL, 
	actor_kind VARCHAR(16) NOT NULL, 
	run_id TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	seq INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_promotions PRIMARY KEY (model, epoch), 
	CONSTRAINT fk_promotions_model_version FOREIGN KEY(model, version) REFERENCES versions (model, version), 
	CONSTRAINT fk_promotions_model FOREIGN KEY(model) REFERENCES models (name)
);
INSERT INTO "promotions" VALUES('loans',1,1,'promote',NULL,'2013-01-02 00:00:00.000000','schedule','automation','scheduled__1','the gate passed',8);
INSERT INTO "promotions" VALUES('loans',2,2,'promote',1,'2013-01-02 00:00:00.000000','schedule','automation','scheduled__1','the gate passed',12);
INSERT INTO "promotions" VALUES('loans',3,1,'rollback',2,'2013-01-02 00:00:00.000000','cli:ada','person','','complaints',18);
INSERT INTO "promotions" VALUES('loans',4,4,'promote',1,'2013-01-02 00:00:00.000000','schedule','automation','scheduled__1','the gate passed',26);
CREATE TABLE requests (
	request VARCHAR(71) NOT NULL, 
	model VARCHAR(63) NOT NULL, 
	window VARCHAR(32) NOT NULL, 
	window_start DATETIME NOT NULL, 
	reason TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	requested INTEGER NOT NULL, 
	run_id TEXT NOT NULL, 
	started_at DATETIME, 
	seq INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_requests PRIMARY KEY (request), 
	CONSTRAINT fk_requests_model FOREIGN KEY(model) REFERENCES models (name)
);
INSERT INTO "requests" VALUES('sha256:de341209683a07d6984056732cdd1afb591fd043eac3363c9ddb746819a05cdb','loans','2013-04','2013-04-01 00:00:00.000000','the loss is recoverable','2013-01-02 00:00:00.000000',20,'retrain__2013-04__de341209','2013-01-02 00:00:00.000000',22);
CREATE TABLE rollout_windows (
	model VARCHAR(63) NOT NULL, 
	rollout INTEGER NOT NULL, 
	window VARCHAR(32) NOT NULL, 
	record TEXT NOT NULL, 
	seq INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_rollout_windows PRIMARY KEY (model, rollout, window), 
	CONSTRAINT fk_rollout_windows_model_rollout FOREIGN KEY(model, rollout) REFERENCES rollouts (model, rollout), 
	CONSTRAINT fk_rollout_windows_model FOREIGN KEY(model) REFERENCES models (name)
);
INSERT INTO "rollout_windows" VALUES('loans',41,'2013-09','{"share":0.05,"stage":0,"window":"2013-09","window_start":"2013-09-01T00:00:00Z"}',42);
CREATE TABLE rollouts (
	model VARCHAR(63) NOT NULL, 
	rollout INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	record TEXT NOT NULL, 
	seq INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_rollouts PRIMARY KEY (model, rollout), 
	CONSTRAINT fk_rollouts_model_version FOREIGN KEY(model, version) REFERENCES versions (model, version), 
	CONSTRAINT fk_rollouts_model FOREIGN KEY(model) REFERENCES models (name)
);
INSERT INTO "rollouts" VALUES('loans',41,6,'open','{"actor":"schedule","began_at":"2013-01-02T00:00:00Z","champion":4,"ended_at":null,"expected_epoch":4,"margin":0.01,"model":"loans","reason":"the gate passed","rollout":41,"run_id":"scheduled__1","shares":[0.05,0.25],"stage":0,"state":"open","version":6,"why":"","windows":[]}',41);
CREATE TABLE scores (
	model VARCHAR(63) NOT NULL, 
	window VARCHAR(32) NOT NULL, 
	version INTEGER NOT NULL, 
	artifact VARCHAR(71) NOT NULL, 
	published INTEGER NOT NULL, 
	scores TEXT NOT NULL, 
	seq INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_scores PRIMARY KEY (model, window, version, artifact), 
	CONSTRAINT fk_scores_model_version FOREIGN KEY(model, version) REFERENCES versions (model, version), 
	CONSTRAINT fk_scores_model FOREIGN KEY(model) REFERENCES models (name)
);
INSERT INTO "scores" VALUES('loans','2013-04',1,'sha256:2860ddda37e69fb33c44462e6aea0cbe443074be451869b9a2f0876a2045fe4d',19,'{"artifact":"sha256:2860ddda37e69fb33c44462e6aea0cbe443074be451869b9a2f0876a2045fe4d","at":"2013-01-02T00:00:00Z","mean_score":0.25,"model":"loans","rows":100,"share":null,"snapshot":"sha256:d3c116e5d61c567e78cd58d3ab181a18d10c2b5009a781019aeaa0c36c69d381","staged":null,"version":1,"window":"2013-04"}',19);
CREATE TABLE shadow_scores (
	model VARCHAR(63) NOT NULL, 
	window VARCHAR(32) NOT NULL, 
	version INTEGER NOT NULL, 
	artifact VARCHAR(71) NOT NULL, 
	recorded INTEGER NOT NULL, 
	scores TEXT NOT NULL, 
	seq INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_shadow_scores PRIMARY KEY (model, window, version, artifact), 
	CONSTRAINT fk_shadow_scores_model_version FOREIGN KEY(model, version) REFERENCES versions (model, version), 
	CONSTRAINT fk_shadow_scores_model FOREIGN KEY(model) REFERENCES models (name)
);
INSERT INTO "shadow_scores" VALUES('loans','2013-09',6,'sha256:5192722013fb83734d2649392f59f4be404ba021279e51ddb84cad097d564870',43,'{"artifact":"sha256:5192722013fb83734d2649392f59f4be404ba021279e51ddb84cad097d564870","at":"2013-01-02T00:00:00Z","mean_score":0.25,"model":"loans","rows":100,"share":null,"snapshot":"sha256:cfab12be0c95c04c2da31d35af1dad0797442ef71de50819457a2c624b841d76","staged":null,"version":6,"window":"2013-09"}',43);
CREATE TABLE snapshots (
	model VARCHAR(63) NOT NULL, 
	digest VARCHAR(71) NOT NULL, 
	window VARCHAR(32) NOT NULL, 
	mature BOOLEAN NOT NULL, 
	recorded INTEGER NOT NULL, 
	manifest TEXT NOT NULL, 
	seq INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_snapshots PRIMARY KEY (model, digest), 
	CONSTRAINT fk_snapshots_model FOREIGN KEY(model) REFERENCES models (name)
);
INSERT INTO "snapshots" VALUES('loans','sha256:ca1614e5caa7025aae6980aa5f402265ad06373ed9efd05010433de96233bc2d','2013-01',1,3,'{"columns":{"id":"int64"},"end":"2013-02-01T00:00:00Z","model":"loans","outcomes":99,"parts":[],"rows":100,"start":"2013-01-01T00:00:00Z","window":"2013-01"}',3);
CREATE TABLE validations (
	model VARCHAR(63) NOT NULL, 
	snapshot VARCHAR(71) NOT NULL, 
	digest VARCHAR(71) NOT NULL, 
	success BOOLEAN NOT NULL, 
	validation TEXT NOT NULL, 
	seq INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_validations PRIMARY KEY (model, snapshot, digest), 
	CONSTRAINT fk_validations_model_snapshot FOREIGN KEY(model, snapshot) REFERENCES snapshots (model, digest), 
	CONSTRAINT fk_validations_model FOREIGN KEY(model) REFERENCES models (name)
);
INSERT INTO "validations" VALUES('loans','sha256:ca1614e5caa7025aae6980aa5f402265ad06373ed9efd05010433de96233bc2d','sha256:43a00d02f1f8d94fbbe25d1f8a5c9374f64ebb842c1317af3b8682537fc31a6c',1,'{"document":null,"results":[],"snapshot":"sha256:ca1614e5caa7025aae6980aa5f402265ad06373ed9efd05010433de96233bc2d","success":true}',4);
CREATE TABLE versions (
	model VARCHAR(63) NOT NULL, 
	version INTEGER NOT NULL, 
	fingerprint VARCHAR(71) NOT NULL, 
	window VARCHAR(32) NOT NULL, 
	window_end DATETIME NOT NULL, 
	trained_until DATETIME NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	created_at DATETIME NOT NULL, 
	actor TEXT NOT NULL, 
	run_id TEXT NOT NULL, 
	dag_run TEXT NOT NULL, 
	draft TEXT NOT NULL, 
	rows INTEGER NOT NULL, 
	evaluation VARCHAR(71), 
	gate TEXT, 
	decision VARCHAR(20), 
	decided TEXT, 
	attempt INTEGER DEFAULT '1' NOT NULL, 
	reason TEXT DEFAULT '' NOT NULL, 
	eligible INTEGER, 
	seq INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_versions PRIMARY KEY (model, version), 
	CONSTRAINT fk_versions_model FOREIGN KEY(model) REFERENCES models (name), 
	CONSTRAINT uq_versions_model_fingerprint UNIQUE (model, fingerprint)
);
INSERT INTO "versions" VALUES('loans',1,'sha256:2bfded4d73df3daff0c60fa4d88a3c61d0eff5683e7e822eccf6f8c949566fb0','2013-01','2013-02-01 00:00:00.000000','2013-01-23 00:00:00.000000','archived','2013-01-02 00:00:00.000000','schedule','scheduled__1','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","artifact_bytes":5,"code_digest":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","columns":{"income":"number"},"environment":{"python":"3.11"},"environment_lock":"","fingerprint":"sha256:2bfded4d73df3daff0c60fa4d88a3c61d0eff5683e7e822eccf6f8c949566fb0","format":"skops","model":"loans","parents":[],"profile":"sha256:2021b7c372990f797e86cb0f85931f66372edc040135039b0a741c1827b3475c","rows":70,"seed":0,"snapshots":["sha256:ca1614e5caa7025aae6980aa5f402265ad06373ed9efd05010433de96233bc2d"],"spec_digest":"sha256:e95791019eb0c8482a3fc96ca6682f1852b74a76dabeca8b6930e60e8712058c","trained_until":"2013-01-23T00:00:00Z","training_digest":"sha256:32df171b27ef9f252263c5bc5a11105f3cb6a28251fb76126e27258fe81f08cb","warnings":[],"window":"2013-01","window_end":"2013-02-01T00:00:00Z","window_start":"2013-01-01T00:00:00Z"}',70,'sha256:7e098ded5e9f10a0c1306725d65c616ee2a814111de2bdc0a259caf8069c824a',NULL,NULL,NULL,1,'',18,26);
INSERT INTO "versions" VALUES('loans',2,'sha256:8699ebb0a4f8731904f2538406cc5e8f00e8d0ef5ae83e4fe041c85e7f07972d','2013-02','2013-03-01 00:00:00.000000','2013-02-20 00:00:00.000000','archived','2013-01-02 00:00:00.000000','schedule','scheduled__1','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","artifact_bytes":5,"code_digest":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","columns":{"income":"number"},"environment":{"python":"3.11"},"environment_lock":"","fingerprint":"sha256:8699ebb0a4f8731904f2538406cc5e8f00e8d0ef5ae83e4fe041c85e7f07972d","format":"skops","model":"loans","parents":[],"profile":"sha256:2021b7c372990f797e86cb0f85931f66372edc040135039b0a741c1827b3475c","rows":70,"seed":0,"snapshots":["sha256:cbdd8718ef99adc021586d2a7f0d1bff3e428529445ee2e21b9fa557440be8fb"],"spec_digest":"sha256:e95791019eb0c8482a3fc96ca6682f1852b74a76dabeca8b6930e60e8712058c","trained_until":"2013-02-20T00:00:00Z","training_digest":"sha256:32df171b27ef9f252263c5bc5a11105f3cb6a28251fb76126e27258fe81f08cb","warnings":[],"window":"2013-02","window_end":"2013-03-01T00:00:00Z","window_start":"2013-02-01T00:00:00Z"}',70,'sha256:cdc67a12dec85a911eff77a683d0b5ffe6336b50a3a75c20a9136d2b6563c9fe',NULL,NULL,NULL,1,'',NULL,18);
INSERT INTO "versions" VALUES('loans',3,'sha256:1c7d676d02bbcaec8044b8b4ab076d8f2be593af8b2fe6e2bd95b838097ad942','2013-03','2013-04-01 00:00:00.000000','2013-03-23 00:00:00.000000','rejected','2013-01-02 00:00:00.000000','schedule','scheduled__1','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","artifact_bytes":5,"code_digest":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","columns":{"income":"number"},"environment":{"python":"3.11"},"environment_lock":"","fingerprint":"sha256:1c7d676d02bbcaec8044b8b4ab076d8f2be593af8b2fe6e2bd95b838097ad942","format":"skops","model":"loans","parents":[],"profile":"sha256:2021b7c372990f797e86cb0f85931f66372edc040135039b0a741c1827b3475c","rows":70,"seed":0,"snapshots":["sha256:38e3dbd2fca907646d14b50d2fc7cf8ec8ae5f9accadbfbf3460bcfafe0f802c"],"spec_digest":"sha256:e95791019eb0c8482a3fc96ca6682f1852b74a76dabeca8b6930e60e8712058c","trained_until":"2013-03-23T00:00:00Z","training_digest":"sha256:32df171b27ef9f252263c5bc5a11105f3cb6a28251fb76126e27258fe81f08cb","warnings":[],"window":"2013-03","window_end":"2013-04-01T00:00:00Z","window_start":"2013-03-01T00:00:00Z"}',70,'sha256:0bed3475690eedfaa7944094a5654ea265680bf605314b720efe06473299a685','{"costs":[],"decision":"reject","evaluation":"sha256:0bed3475690eedfaa7944094a5654ea265680bf605314b720efe06473299a685","expected_epoch":0,"model":"loans","reasons":[{"detail":"","headline":"better by 0.1","numbers":[]}],"verdicts":[],"version":3}','reject','better by 0.1',1,'',NULL,17);
INSERT INTO "versions" VALUES('loans',4,'sha256:7f1750ebd71319551184eb54ea8568fc8dd2f440b292b738807fd5addcc74c60','2013-06','2013-07-01 00:00:00.000000','2013-06-22 00:00:00.000000','champion','2013-01-02 00:00:00.000000','schedule','scheduled__1','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","artifact_bytes":5,"code_digest":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","columns":{"income":"number"},"environment":{"python":"3.11"},"environment_lock":"","fingerprint":"sha256:7f1750ebd71319551184eb54ea8568fc8dd2f440b292b738807fd5addcc74c60","format":"skops","model":"loans","parents":[],"profile":"sha256:2021b7c372990f797e86cb0f85931f66372edc040135039b0a741c1827b3475c","rows":70,"seed":0,"snapshots":["sha256:cfc15415115c17e3df8a662ce89e0a74c9defad48c3f12cd687f16ee1ed74a07"],"spec_digest":"sha256:e95791019eb0c8482a3fc96ca6682f1852b74a76dabeca8b6930e60e8712058c","trained_until":"2013-06-22T00:00:00Z","training_digest":"sha256:32df171b27ef9f252263c5bc5a11105f3cb6a28251fb76126e27258fe81f08cb","warnings":[],"window":"2013-06","window_end":"2013-07-01T00:00:00Z","window_start":"2013-06-01T00:00:00Z"}',70,'sha256:16493832f0e260a7c9fd6a0791d457dafb6f37d407910756c08092e5e7d5b7d0',NULL,NULL,NULL,1,'',26,26);
INSERT INTO "versions" VALUES('loans',5,'sha256:11f9868011e1023c270506bc15679606a26243a1b36ec1e6323e05f4a6c2d991','2013-05','2013-06-01 00:00:00.000000','2013-05-23 00:00:00.000000','archived','2013-01-02 00:00:00.000000','schedule','scheduled__1','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","artifact_bytes":5,"code_digest":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","columns":{"income":"number"},"environment":{"python":"3.11"},"environment_lock":"","fingerprint":"sha256:11f9868011e1023c270506bc15679606a26243a1b36ec1e6323e05f4a6c2d991","format":"skops","model":"loans","parents":[],"profile":"sha256:2021b7c372990f797e86cb0f85931f66372edc040135039b0a741c1827b3475c","rows":70,"seed":0,"snapshots":["sha256:1b56871794fb703c78664b7c1c68a1f3f013ad7680bc7d5016a7cb68c6216472"],"spec_digest":"sha256:e95791019eb0c8482a3fc96ca6682f1852b74a76dabeca8b6930e60e8712058c","trained_until":"2013-05-23T00:00:00Z","training_digest":"sha256:32df171b27ef9f252263c5bc5a11105f3cb6a28251fb76126e27258fe81f08cb","warnings":[],"window":"2013-05","window_end":"2013-06-01T00:00:00Z","window_start":"2013-05-01T00:00:00Z"}',70,'sha256:af56827554623d7eff8658cfd55b1d5c9a33b5acaaf629f90711f1f279c13eec',NULL,NULL,NULL,1,'',30,30);
INSERT INTO "versions" VALUES('loans',6,'sha256:aef2e5b76532b9202dd08697b5d80ee9305273162d97ba4285a3334a8a667210','2013-08','2013-09-01 00:00:00.000000','2013-08-23 00:00:00.000000','evaluated','2013-01-02 00:00:00.000000','schedule','scheduled__1','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","artifact_bytes":5,"code_digest":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","columns":{"income":"number"},"environment":{"python":"3.11"},"environment_lock":"","fingerprint":"sha256:aef2e5b76532b9202dd08697b5d80ee9305273162d97ba4285a3334a8a667210","format":"skops","model":"loans","parents":[],"profile":"sha256:2021b7c372990f797e86cb0f85931f66372edc040135039b0a741c1827b3475c","rows":70,"seed":0,"snapshots":["sha256:802234245f24b7b86db751285409b13ab2e70f0e338cf673a77bdd9924a5da56"],"spec_digest":"sha256:e95791019eb0c8482a3fc96ca6682f1852b74a76dabeca8b6930e60e8712058c","trained_until":"2013-08-23T00:00:00Z","training_digest":"sha256:32df171b27ef9f252263c5bc5a11105f3cb6a28251fb76126e27258fe81f08cb","warnings":[],"window":"2013-08","window_end":"2013-09-01T00:00:00Z","window_start":"2013-08-01T00:00:00Z"}',70,'sha256:56a908082febd773b973c31252a7d3a48e06326e7a2242228abd265faffc85d1','{"costs":[],"decision":"needs_approval","evaluation":"sha256:56a908082febd773b973c31252a7d3a48e06326e7a2242228abd265faffc85d1","expected_epoch":0,"model":"loans","reasons":[{"detail":"","headline":"better by 0.1","numbers":[]}],"verdicts":[],"version":6}','needs_approval','better by 0.1',1,'',NULL,38);
CREATE TABLE windows (
	model VARCHAR(63) NOT NULL, 
	window VARCHAR(32) NOT NULL, 
	recorded INTEGER NOT NULL, 
	decision VARCHAR(20) NOT NULL, 
	reason TEXT NOT NULL, 
	version INTEGER, 
	loss FLOAT, 
	first_loss FLOAT, 
	previous_loss FLOAT, 
	checks INTEGER NOT NULL, 
	found INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_windows PRIMARY KEY (model, window), 
	CONSTRAINT fk_windows_model FOREIGN KEY(model) REFERENCES models (name)
);
INSERT INTO "windows" VALUES('loans','2013-04',21,'retrain','10% of the loss',1,NULL,NULL,NULL,1,1,'2013-01-02 00:00:00.000000');
INSERT INTO "windows" VALUES('loans','2013-07',32,'alert','10% of the loss',1,NULL,NULL,NULL,1,1,'2013-01-02 00:00:00.000000');
CREATE TABLE windvane_schema (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT windvane_schema_pkc PRIMARY KEY (version_num)
);
INSERT INTO "windvane_schema" VALUES('0001');
CREATE INDEX models_by_event ON models (name, seq);
CREATE INDEX builds_by_event ON builds (model, seq);
CREATE INDEX events_by_kind ON events (model, kind, seq);
CREATE INDEX events_by_moment ON events (at);
CREATE INDEX events_by_version ON events (model, version, seq);
CREATE INDEX events_by_window ON events (model, kind, window, seq);
CREATE INDEX incidents_by_event ON incidents (model, seq);
CREATE INDEX requests_by_event ON requests (model, seq);
CREATE INDEX requests_by_window ON requests (model, window_start);
CREATE INDEX snapshots_by_event ON snapshots (model, seq);
CREATE INDEX snapshots_by_window ON snapshots (model, window, recorded);
CREATE UNIQUE INDEX one_champion ON versions (model) WHERE state = 'champion';
CREATE INDEX versions_by_decision ON versions (decision, state, model);
CREATE INDEX versions_by_event ON versions (model, seq);
CREATE INDEX versions_by_run ON versions (model, dag_run);
CREATE INDEX versions_by_state ON versions (model, state);
CREATE INDEX versions_eligible ON versions (model, window_end, eligible);
CREATE INDEX approvals_by_event ON approvals (model, seq);
CREATE INDEX explanations_by_event ON explanations (model, seq);
CREATE INDEX live_by_event ON live (model, seq);
CREATE INDEX monitoring_by_decision ON monitoring (model, decision, window);
CREATE INDEX monitoring_by_event ON monitoring (model, seq);
CREATE INDEX notices_by_event ON notices (model, seq);
CREATE INDEX promotions_by_event ON promotions (model, seq);
CREATE INDEX promotions_by_kind ON promotions (model, kind, epoch);
CREATE INDEX promotions_by_moment ON promotions (model, at);
CREATE INDEX promotions_by_version ON promotions (model, version, epoch);
CREATE UNIQUE INDEX one_rollout ON rollouts (model) WHERE state = 'open';
CREATE INDEX rollouts_by_event ON rollouts (model, seq);
CREATE INDEX scores_by_event ON scores (model, seq);
CREATE INDEX shadow_scores_by_event ON shadow_scores (model, seq);
CREATE INDEX validations_by_event ON validations (model, seq);
CREATE INDEX rollout_windows_by_event ON rollout_windows (model, seq);
CREATE TRIGGER windvane_models_kept BEFORE UPDATE ON models WHEN NEW."name" IS NOT OLD."name" OR NEW."registered_at" IS NOT OLD."registered_at" BEGIN SELECT RAISE(ABORT, 'models: what is recorded is not changed'); END;
CREATE TRIGGER windvane_models_deleted BEFORE DELETE ON models WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'models: what is recorded is not deleted'); END;
CREATE TRIGGER windvane_events_kept BEFORE UPDATE ON events WHEN NEW."model" IS NOT OLD."model" OR NEW."seq" IS NOT OLD."seq" OR NEW."at" IS NOT OLD."at" OR NEW."kind" IS NOT OLD."kind" OR NEW."actor" IS NOT OLD."actor" OR NEW."run_id" IS NOT OLD."run_id" OR NEW."payload" IS NOT OLD."payload" OR NEW."version" IS NOT OLD."version" OR NEW."window" IS NOT OLD."window" OR NEW."rows" IS NOT OLD."rows" OR NEW."previous" IS NOT OLD."previous" OR NEW."hash" IS NOT OLD."hash" BEGIN SELECT RAISE(ABORT, 'events: what is recorded is not changed'); END;
CREATE TRIGGER windvane_events_deleted BEFORE DELETE ON events WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'events: what is recorded is not deleted'); END;
CREATE TRIGGER windvane_snapshots_kept BEFORE UPDATE ON snapshots WHEN NEW."model" IS NOT OLD."model" OR NEW."digest" IS NOT OLD."digest" OR NEW."window" IS NOT OLD."window" OR NEW."manifest" IS NOT OLD."manifest" BEGIN SELECT RAISE(ABORT, 'snapshots: what is recorded is not changed'); END;
CREATE TRIGGER windvane_snapshots_deleted BEFORE DELETE ON snapshots WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'snapshots: what is recorded is not deleted'); END;
CREATE TRIGGER windvane_validations_kept BEFORE UPDATE ON validations WHEN NEW."model" IS NOT OLD."model" OR NEW."snapshot" IS NOT OLD."snapshot" OR NEW."digest" IS NOT OLD."digest" OR NEW."success" IS NOT OLD."success" OR NEW."validation" IS NOT OLD."validation" BEGIN SELECT RAISE(ABORT, 'validations: what is recorded is not changed'); END;
CREATE TRIGGER windvane_validations_deleted BEFORE DELETE ON validations WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'validations: what is recorded is not deleted'); END;
CREATE TRIGGER windvane_versions_kept BEFORE UPDATE ON versions WHEN NEW."model" IS NOT OLD."model" OR NEW."version" IS NOT OLD."version" OR NEW."fingerprint" IS NOT OLD."fingerprint" OR NEW."window" IS NOT OLD."window" OR NEW."window_end" IS NOT OLD."window_end" OR NEW."trained_until" IS NOT OLD."trained_until" OR NEW."created_at" IS NOT OLD."created_at" OR NEW."actor" IS NOT OLD."actor" OR NEW."run_id" IS NOT OLD."run_id" OR NEW."dag_run" IS NOT OLD."dag_run" OR NEW."attempt" IS NOT OLD."attempt" OR NEW."reason" IS NOT OLD."reason" OR NEW."draft" IS NOT OLD."draft" OR NEW."rows" IS NOT OLD."rows" BEGIN SELECT RAISE(ABORT, 'versions: what is recorded is not changed'); END;
CREATE TRIGGER windvane_versions_deleted BEFORE DELETE ON versions WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'versions: what is recorded is not deleted'); END;
CREATE TRIGGER windvane_builds_kept BEFORE UPDATE ON builds WHEN NEW."model" IS NOT OLD."model" OR NEW."fingerprint" IS NOT OLD."fingerprint" OR NEW."window" IS NOT OLD."window" BEGIN SELECT RAISE(ABORT, 'builds: what is recorded is not changed'); END;
CREATE TRIGGER windvane_builds_deleted BEFORE DELETE ON builds WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'builds: what is recorded is not deleted'); END;
CREATE TRIGGER windvane_promotions_kept BEFORE UPDATE ON promotions WHEN NEW."model" IS NOT OLD."model" OR NEW."epoch" IS NOT OLD."epoch" OR NEW."version" IS NOT OLD."version" OR NEW."kind" IS NOT OLD."kind" OR NEW."from_version" IS NOT OLD."from_version" OR NEW."at" IS NOT OLD."at" OR NEW."actor" IS NOT OLD."actor" OR NEW."actor_kind" IS NOT OLD."actor_kind" OR NEW."run_id" IS NOT OLD."run_id" OR NEW."reason" IS NOT OLD."reason" BEGIN SELECT RAISE(ABORT, 'promotions: what is recorded is not changed'); END;
CREATE TRIGGER windvane_promotions_deleted BEFORE DELETE ON promotions WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'promotions: what is recorded is not deleted'); END;
CREATE TRIGGER windvane_scores_kept BEFORE UPDATE ON scores WHEN NEW."model" IS NOT OLD."model" OR NEW."window" IS NOT OLD."window" OR NEW."version" IS NOT OLD."version" OR NEW."artifact" IS NOT OLD."artifact" BEGIN SELECT RAISE(ABORT, 'scores: what is recorded is not changed'); END;
CREATE TRIGGER windvane_scores_deleted BEFORE DELETE ON scores WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'scores: what is recorded is not deleted'); END;
CREATE TRIGGER windvane_requests_kept BEFORE UPDATE ON requests WHEN NEW."request" IS NOT OLD."request" OR NEW."model" IS NOT OLD."model" OR NEW."window" IS NOT OLD."window" OR NEW."window_start" IS NOT OLD."window_start" OR NEW."reason" IS NOT OLD."reason" OR NEW."created_at" IS NOT OLD."created_at" OR NEW."requested" IS NOT OLD."requested" OR NEW."run_id" IS NOT OLD."run_id" BEGIN SELECT RAISE(ABORT, 'requests: what is recorded is not changed'); END;
CREATE TRIGGER windvane_requests_deleted BEFORE DELETE ON requests WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'requests: what is recorded is not deleted'); END;
CREATE TRIGGER windvane_monitoring_kept BEFORE UPDATE ON monitoring WHEN NEW."model" IS NOT OLD."model" OR NEW."window" IS NOT OLD."window" OR NEW."recorded" IS NOT OLD."recorded" OR NEW."evidence" IS NOT OLD."evidence" OR NEW."decision" IS NOT OLD."decision" OR NEW."request" IS NOT OLD."request" OR NEW."result" IS NOT OLD."result" BEGIN SELECT RAISE(ABORT, 'monitoring: what is recorded is not changed'); END;
CREATE TRIGGER windvane_monitoring_deleted BEFORE DELETE ON monitoring WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'monitoring: what is recorded is not deleted'); END;
CREATE TRIGGER windvane_explanations_kept BEFORE UPDATE ON explanations WHEN NEW."model" IS NOT OLD."model" OR NEW."version" IS NOT OLD."version" BEGIN SELECT RAISE(ABORT, 'explanations: what is recorded is not changed'); END;
CREATE TRIGGER windvane_explanations_deleted BEFORE DELETE ON explanations WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'explanations: what is recorded is not deleted'); END;
CREATE TRIGGER windvane_approvals_kept BEFORE UPDATE ON approvals WHEN NEW."model" IS NOT OLD."model" OR NEW."approval" IS NOT OLD."approval" OR NEW."version" IS NOT OLD."version" BEGIN SELECT RAISE(ABORT, 'approvals: what is recorded is not changed'); END;
CREATE TRIGGER windvane_approvals_deleted BEFORE DELETE ON approvals WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'approvals: what is recorded is not deleted'); END;
CREATE TRIGGER windvane_shadow_scores_kept BEFORE UPDATE ON shadow_scores WHEN NEW."model" IS NOT OLD."model" OR NEW."window" IS NOT OLD."window" OR NEW."version" IS NOT OLD."version" OR NEW."artifact" IS NOT OLD."artifact" OR NEW."recorded" IS NOT OLD."recorded" OR NEW."scores" IS NOT OLD."scores" BEGIN SELECT RAISE(ABORT, 'shadow_scores: what is recorded is not changed'); END;
CREATE TRIGGER windvane_shadow_scores_deleted BEFORE DELETE ON shadow_scores WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'shadow_scores: what is recorded is not deleted'); END;
CREATE TRIGGER windvane_live_kept BEFORE UPDATE ON live WHEN NEW."model" IS NOT OLD."model" OR NEW."window" IS NOT OLD."window" OR NEW."version" IS NOT OLD."version" OR NEW."champion" IS NOT OLD."champion" OR NEW."digest" IS NOT OLD."digest" OR NEW."recorded" IS NOT OLD."recorded" OR NEW."result" IS NOT OLD."result" BEGIN SELECT RAISE(ABORT, 'live: what is recorded is not changed'); END;
CREATE TRIGGER windvane_live_deleted BEFORE DELETE ON live WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'live: what is recorded is not deleted'); END;
CREATE TRIGGER windvane_rollouts_kept BEFORE UPDATE ON rollouts WHEN NEW."model" IS NOT OLD."model" OR NEW."rollout" IS NOT OLD."rollout" OR NEW."version" IS NOT OLD."version" BEGIN SELECT RAISE(ABORT, 'rollouts: what is recorded is not changed'); END;
CREATE TRIGGER windvane_rollouts_deleted BEFORE DELETE ON rollouts WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'rollouts: what is recorded is not deleted'); END;
CREATE TRIGGER windvane_rollout_windows_kept BEFORE UPDATE ON rollout_windows WHEN NEW."model" IS NOT OLD."model" OR NEW."rollout" IS NOT OLD."rollout" OR NEW."window" IS NOT OLD."window" OR NEW."record" IS NOT OLD."record" BEGIN SELECT RAISE(ABORT, 'rollout_windows: what is recorded is not changed'); END;
CREATE TRIGGER windvane_rollout_windows_deleted BEFORE DELETE ON rollout_windows WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'rollout_windows: what is recorded is not deleted'); END;
CREATE TRIGGER windvane_incidents_kept BEFORE UPDATE ON incidents WHEN NEW."model" IS NOT OLD."model" OR NEW."incident" IS NOT OLD."incident" OR NEW."window" IS NOT OLD."window" OR NEW."reason" IS NOT OLD."reason" OR NEW."opened_at" IS NOT OLD."opened_at" BEGIN SELECT RAISE(ABORT, 'incidents: what is recorded is not changed'); END;
CREATE TRIGGER windvane_incidents_deleted BEFORE DELETE ON incidents WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'incidents: what is recorded is not deleted'); END;
CREATE TRIGGER windvane_notices_kept BEFORE UPDATE ON notices WHEN NEW."model" IS NOT OLD."model" OR NEW."incident" IS NOT OLD."incident" OR NEW."kind" IS NOT OLD."kind" OR NEW."channel" IS NOT OLD."channel" OR NEW."notified_at" IS NOT OLD."notified_at" BEGIN SELECT RAISE(ABORT, 'notices: what is recorded is not changed'); END;
CREATE TRIGGER windvane_notices_deleted BEFORE DELETE ON notices WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'notices: what is recorded is not deleted'); END;
CREATE TRIGGER windvane_fences_kept BEFORE UPDATE ON fences WHEN NEW."work" IS NOT OLD."work" BEGIN SELECT RAISE(ABORT, 'fences: what is recorded is not changed'); END;
CREATE TRIGGER windvane_fences_deleted BEFORE DELETE ON fences WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'fences: what is recorded is not deleted'); END;
CREATE TRIGGER windvane_events_follows BEFORE INSERT ON events WHEN NOT EXISTS (SELECT 1 FROM models m WHERE m.name = NEW.model AND m.audit_seq = NEW.seq - 1 AND m.audit_hash = NEW.previous) BEGIN SELECT RAISE(ABORT, 'events: an event follows the last one of its audit log'); END;
CREATE TRIGGER windvane_models_audit_log BEFORE UPDATE ON models WHEN (NEW.audit_seq <> OLD.audit_seq OR NEW.audit_hash <> OLD.audit_hash) AND NOT (NEW.audit_seq = OLD.audit_seq + 1 AND EXISTS (SELECT 1 FROM events e WHERE e.model = NEW.name AND e.seq = NEW.audit_seq AND e.hash = NEW.audit_hash)) BEGIN SELECT RAISE(ABORT, 'models: an audit log ends with its last event'); END;
CREATE TRIGGER windvane_models_new BEFORE INSERT ON models WHEN NEW.audit_seq <> 0 OR NEW.audit_hash <> '' BEGIN SELECT RAISE(ABORT, 'models: an audit log begins with no event'); END;
CREATE TRIGGER windvane_snapshots_mature BEFORE UPDATE ON snapshots WHEN OLD.mature AND NOT NEW.mature BEGIN SELECT RAISE(ABORT, 'snapshots: a mature snapshot stays so'); END;
CREATE TRIGGER windvane_versions_built BEFORE INSERT ON versions WHEN NEW.state <> 'built' OR NOT EXISTS (SELECT 1 FROM builds b WHERE b.model = NEW.model AND b.fingerprint = NEW.fingerprint) BEGIN SELECT RAISE(ABORT, 'versions: a version begins as built, and its building was begun before'); END;
CREATE TRIGGER windvane_versions_number BEFORE INSERT ON versions WHEN NEW.version <> COALESCE((SELECT MAX(v.version) FROM versions v WHERE v.model = NEW.model), 0) + 1 BEGIN SELECT RAISE(ABORT, 'versions: versions are numbered without a gap'); END;
CREATE TRIGGER windvane_versions_state BEFORE UPDATE ON versions WHEN NEW.state <> OLD.state AND NOT ((OLD.state = 'built' AND NEW.state IN ('evaluated')) OR (OLD.state = 'evaluated' AND NEW.state IN ('champion', 'rejected', 'archived')) OR (OLD.state = 'champion' AND NEW.state IN ('archived')) OR (OLD.state = 'rejected' AND NEW.state IN ('champion')) OR (OLD.state = 'archived' AND NEW.state IN ('champion'))) BEGIN SELECT RAISE(ABORT, 'versions: this state does not follow that one'); END;
CREATE TRIGGER windvane_versions_pointer BEFORE UPDATE ON versions WHEN NEW.state <> OLD.state AND ((NEW.state = 'champion' AND NEW.version <> COALESCE((SELECT m.version FROM promotions m WHERE m.model = NEW.model ORDER BY m.epoch DESC LIMIT 1), 0)) OR (NEW.state = 'archived' AND NEW.version = (SELECT m.version FROM promotions m WHERE m.model = NEW.model ORDER BY m.epoch DESC LIMIT 1))) BEGIN SELECT RAISE(ABORT, 'versions: the champion is the version of the last promotion'); END;
CREATE TRIGGER windvane_versions_through BEFORE UPDATE ON versions WHEN NEW.eligible IS NOT NULL AND NEW.state NOT IN ('champion', 'archived') BEGIN SELECT RAISE(ABORT, 'versions: what is eligible is champion or archived'); END;
CREATE TRIGGER windvane_builds_done BEFORE UPDATE ON builds WHEN OLD.version IS NOT NULL AND (NEW.version IS NOT OLD.version OR NEW.run_id <> OLD.run_id OR NEW.actor <> OLD.actor OR NEW.attempt <> OLD.attempt OR NEW.reason <> OLD.reason OR NEW.begun_at <> OLD.begun_at) BEGIN SELECT RAISE(ABORT, 'builds: what was built stays as it is'); END;
CREATE TRIGGER windvane_promotions_epoch BEFORE INSERT ON promotions WHEN NEW.epoch <> COALESCE((SELECT MAX(m.epoch) FROM promotions m WHERE m.model = NEW.model), 0) + 1 OR NEW.from_version IS NOT (SELECT m.version FROM promotions m WHERE m.model = NEW.model AND m.epoch = NEW.epoch - 1) OR NEW.version = (SELECT m.version FROM promotions m WHERE m.model = NEW.model AND m.epoch = NEW.epoch - 1) OR NEW.at < (SELECT m.at FROM promotions m WHERE m.model = NEW.model AND m.epoch = NEW.epoch - 1) BEGIN SELECT RAISE(ABORT, 'promotions: epochs have no gap, and a promotion begins where the one before ended'); END;
CREATE TRIGGER windvane_promotions_judged BEFORE INSERT ON promotions WHEN (SELECT v.state FROM versions v WHERE v.model = NEW.model AND v.version = NEW.version) = 'built' BEGIN SELECT RAISE(ABORT, 'promotions: a champion was evaluated'); END;
CREATE TRIGGER windvane_promotions_person BEFORE INSERT ON promotions WHEN (NEW.kind = 'rollback' OR (SELECT v.state FROM versions v WHERE v.model = NEW.model AND v.version = NEW.version) = 'rejected') AND (NEW.actor_kind <> 'person' OR trim(NEW.reason) = '') BEGIN SELECT RAISE(ABORT, 'promotions: only a person with a reason goes back, or promotes what was rejected'); END;
CREATE TRIGGER windvane_promotions_back BEFORE INSERT ON promotions WHEN NEW.kind = 'rollback' AND NOT EXISTS (SELECT 1 FROM promotions m WHERE m.model = NEW.model AND m.version = NEW.version) BEGIN SELECT RAISE(ABORT, 'promotions: a rollback is to a version that was champion before'); END;
CREATE TRIGGER windvane_promotions_window BEFORE INSERT ON promotions WHEN NEW.kind <> 'rollback' AND (SELECT v.window_end FROM versions v WHERE v.model = NEW.model AND v.version = NEW.version) < (SELECT v.window_end FROM versions v WHERE v.model = NEW.model AND v.version = NEW.from_version) BEGIN SELECT RAISE(ABORT, 'promotions: an older window never replaces a newer one'); END;
CREATE TRIGGER windvane_approvals_answered BEFORE UPDATE ON approvals WHEN OLD.state <> NEW.state AND NOT (OLD.state = 'open' OR (OLD.state = 'approved' AND NEW.state = 'void')) BEGIN SELECT RAISE(ABORT, 'approvals: a question is answered once'); END;
CREATE TRIGGER windvane_rollouts_ended BEFORE UPDATE ON rollouts WHEN OLD.state <> 'open' BEGIN SELECT RAISE(ABORT, 'rollouts: a promotion that has ended stays so'); END;
CREATE TRIGGER windvane_requests_started BEFORE UPDATE ON requests WHEN OLD.started_at IS NOT NULL AND NEW.started_at IS NOT OLD.started_at BEGIN SELECT RAISE(ABORT, 'requests: once'); END;
CREATE TRIGGER windvane_incidents_number BEFORE INSERT ON incidents WHEN NEW.incident <> COALESCE((SELECT MAX(i.incident) FROM incidents i WHERE i.model = NEW.model), 0) + 1 OR EXISTS (SELECT 1 FROM incidents i WHERE i.model = NEW.model AND i.closed_at IS NULL) BEGIN SELECT RAISE(ABORT, 'incidents: incidents are numbered without a gap, and one is open at a time'); END;
CREATE TRIGGER windvane_incidents_closed BEFORE UPDATE ON incidents WHEN OLD.closed_at IS NOT NULL AND (NEW.closed_at IS NOT OLD.closed_at OR NEW.closed_window IS NOT OLD.closed_window) BEGIN SELECT RAISE(ABORT, 'incidents: an incident is closed once'); END;
CREATE TRIGGER windvane_fences_next BEFORE UPDATE ON fences WHEN NEW.fence <> OLD.fence + 1 BEGIN SELECT RAISE(ABORT, 'fences: a fence grows by one'); END;
COMMIT;
