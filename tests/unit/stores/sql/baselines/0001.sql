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
INSERT INTO "approvals" VALUES('loans',40,6,'open','{"actor":"","answer":"","answered_at":null,"approval":40,"deadline":"2014-01-08T00:00:00Z","evaluation":"sha256:56a908082febd773b973c31252a7d3a48e06326e7a2242228abd265faffc85d1","expected_epoch":0,"model":"loans","reason":"","requested_at":"2014-01-01T00:00:00Z","requested_by":"schedule","run_id":"scheduled__1","state":"open","version":6,"why":""}',40);
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
INSERT INTO "builds" VALUES('loans','sha256:2bfded4d73df3daff0c60fa4d88a3c61d0eff5683e7e822eccf6f8c949566fb0','2013-01','2014-01-01 00:00:00.000000','schedule','scheduled__1',1,'',1,6);
INSERT INTO "builds" VALUES('loans','sha256:8699ebb0a4f8731904f2538406cc5e8f00e8d0ef5ae83e4fe041c85e7f07972d','2013-02','2014-01-01 00:00:00.000000','schedule','scheduled__1',1,'',2,10);
INSERT INTO "builds" VALUES('loans','sha256:1c7d676d02bbcaec8044b8b4ab076d8f2be593af8b2fe6e2bd95b838097ad942','2013-03','2014-01-01 00:00:00.000000','schedule','scheduled__1',1,'',3,14);
INSERT INTO "builds" VALUES('loans','sha256:7f1750ebd71319551184eb54ea8568fc8dd2f440b292b738807fd5addcc74c60','2013-06','2014-01-01 00:00:00.000000','schedule','scheduled__1',1,'',4,24);
INSERT INTO "builds" VALUES('loans','sha256:11f9868011e1023c270506bc15679606a26243a1b36ec1e6323e05f4a6c2d991','2013-05','2014-01-01 00:00:00.000000','schedule','scheduled__1',1,'',5,28);
INSERT INTO "builds" VALUES('loans','sha256:7','2013-07','2014-01-01 00:00:00.000000','cli:ada','',1,'I looked at it',NULL,31);
INSERT INTO "builds" VALUES('loans','sha256:aef2e5b76532b9202dd08697b5d80ee9305273162d97ba4285a3334a8a667210','2013-08','2014-01-01 00:00:00.000000','schedule','scheduled__1',1,'',6,37);
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
INSERT INTO "events" VALUES('loans',1,'2014-01-01 00:00:00.000000','model.registered','schedule','scheduled__1','{"owner":"risk","spec":"sha256:1","task":"binary"}',NULL,NULL,'{"models":{"[]":"sha256:0db827fd50b9da09a5d3d63ae80d732a5b40668ffee464f2364c167d8aab02b0"}}','','sha256:9bf22e9d59855eda5d26aa6fa3e741c68c8647fb1e15ca87f00754b6b839ba0d');
INSERT INTO "events" VALUES('loans',2,'2014-01-01 00:00:00.000000','model.changed','cli:ada','','{"owner":"risk","spec":"sha256:2","task":""}',NULL,NULL,'{"models":{"[]":"sha256:2d90fa75dd2c0372d24a6a69768d50a14892fd600b02a9643c1ce034599deec6"}}','sha256:9bf22e9d59855eda5d26aa6fa3e741c68c8647fb1e15ca87f00754b6b839ba0d','sha256:607cc1d06b83afe4468c99f8421bb74b9957a30e3935d195304f9a930c3d8e95');
INSERT INTO "events" VALUES('loans',3,'2014-01-01 00:00:00.000000','snapshot.recorded','schedule','scheduled__1','{"mature":true,"outcomes":99,"rows":100,"snapshot":"sha256:ca1614e5caa7025aae6980aa5f402265ad06373ed9efd05010433de96233bc2d","window":"2013-01"}',NULL,'2013-01','{"snapshots":{"[\"sha256:ca1614e5caa7025aae6980aa5f402265ad06373ed9efd05010433de96233bc2d\"]":"sha256:b8c861eaa26da83c1dccd0d763ed6a64a5428b738f6a88af2eb4cbe8afa43f0b"}}','sha256:607cc1d06b83afe4468c99f8421bb74b9957a30e3935d195304f9a930c3d8e95','sha256:52d05991e944c9ad7c2fee0672b1e9e48ae79b85a2e7a2a1cc9442e10458cbe2');
INSERT INTO "events" VALUES('loans',4,'2014-01-01 00:00:00.000000','snapshot.validated','schedule','scheduled__1','{"document":null,"expectations":0,"failed":0,"snapshot":"sha256:ca1614e5caa7025aae6980aa5f402265ad06373ed9efd05010433de96233bc2d","success":true,"window":"2013-01"}',NULL,'2013-01','{"validations":{"[\"sha256:ca1614e5caa7025aae6980aa5f402265ad06373ed9efd05010433de96233bc2d\",\"sha256:43a00d02f1f8d94fbbe25d1f8a5c9374f64ebb842c1317af3b8682537fc31a6c\"]":"sha256:0c8c7e1655aa87facb36fd6961b5f9d36d396f7d880e809d8fd3c503c4d87dcc"}}','sha256:52d05991e944c9ad7c2fee0672b1e9e48ae79b85a2e7a2a1cc9442e10458cbe2','sha256:0d72853b17a611b560942853f19f853f10af7428e5e9a0983a288683c6c027c6');
INSERT INTO "events" VALUES('loans',5,'2014-01-01 00:00:00.000000','version.begun','schedule','scheduled__1','{"attempt":1,"fingerprint":"sha256:2bfded4d73df3daff0c60fa4d88a3c61d0eff5683e7e822eccf6f8c949566fb0","window":"2013-01"}',NULL,'2013-01','{"builds":{"[\"sha256:2bfded4d73df3daff0c60fa4d88a3c61d0eff5683e7e822eccf6f8c949566fb0\"]":"sha256:9dee458327a894a664d1d157e619ba0e3edb700c2b3d697301696bdd4e33e2c2"}}','sha256:0d72853b17a611b560942853f19f853f10af7428e5e9a0983a288683c6c027c6','sha256:273795566e8ba1e023abebfc308354a6d6143f247b2926ac1e8462dfbced2f9a');
INSERT INTO "events" VALUES('loans',6,'2014-01-01 00:00:00.000000','version.built','schedule','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","code":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","fingerprint":"sha256:2bfded4d73df3daff0c60fa4d88a3c61d0eff5683e7e822eccf6f8c949566fb0","rows":70,"snapshots":["sha256:ca1614e5caa7025aae6980aa5f402265ad06373ed9efd05010433de96233bc2d"],"version":1,"window":"2013-01"}',1,'2013-01','{"builds":{"[\"sha256:2bfded4d73df3daff0c60fa4d88a3c61d0eff5683e7e822eccf6f8c949566fb0\"]":"sha256:18934d0a83fdc0a98ccc0ec183db6140d1be72e875c54260560260760c81a8ae"},"versions":{"[1]":"sha256:0aa281c7bbab0bd0ffab728a0be30de60aaf5487e9f1c789b4ec1c5ea3642fbc"}}','sha256:273795566e8ba1e023abebfc308354a6d6143f247b2926ac1e8462dfbced2f9a','sha256:58ea04c6bf93ec4dffc27fa2b7bb88064162f744f5df1018b833ff38f350dc43');
INSERT INTO "events" VALUES('loans',7,'2014-01-01 00:00:00.000000','version.evaluated','schedule','scheduled__1','{"evaluation":"sha256:7e098ded5e9f10a0c1306725d65c616ee2a814111de2bdc0a259caf8069c824a","metrics":{},"rows":30,"version":1}',1,NULL,'{"versions":{"[1]":"sha256:8f6fdbfe8f0f31a0d26b085d88983ea517167522b9558693c7610ce9680a20d2"}}','sha256:58ea04c6bf93ec4dffc27fa2b7bb88064162f744f5df1018b833ff38f350dc43','sha256:a98719401da26785c1f50a8e22ba3498cc16cc68f81c5cf8d872d8be5e5e59b0');
INSERT INTO "events" VALUES('loans',8,'2014-01-01 00:00:00.000000','champion.promoted','schedule','scheduled__1','{"epoch":1,"from_version":null,"reason":"the gate passed","version":1}',1,NULL,'{"promotions":{"[1]":"sha256:276f935050052f925e699903d606c14738c3006b53f2f7eb63d99b6b7450ef50"},"versions":{"[1]":"sha256:d60dcfce89f0b19805a46f099f41fad68ac937489b9a2805d80b6aac507e27c5"}}','sha256:a98719401da26785c1f50a8e22ba3498cc16cc68f81c5cf8d872d8be5e5e59b0','sha256:23c4c7463adfb01c435a06f6762b13a3944b89bc25e8adbc2754223c61366fba');
INSERT INTO "events" VALUES('loans',9,'2014-01-01 00:00:00.000000','version.begun','schedule','scheduled__1','{"attempt":1,"fingerprint":"sha256:8699ebb0a4f8731904f2538406cc5e8f00e8d0ef5ae83e4fe041c85e7f07972d","window":"2013-02"}',NULL,'2013-02','{"builds":{"[\"sha256:8699ebb0a4f8731904f2538406cc5e8f00e8d0ef5ae83e4fe041c85e7f07972d\"]":"sha256:5b1c1062ed25b649f21069d84fe8f4b756aeb051a50949958238d584944c0145"}}','sha256:23c4c7463adfb01c435a06f6762b13a3944b89bc25e8adbc2754223c61366fba','sha256:1be3cc8f20d5c401a14a48636086116bfa9df05599e7eeb558a11fb2edc45c95');
INSERT INTO "events" VALUES('loans',10,'2014-01-01 00:00:00.000000','version.built','schedule','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","code":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","fingerprint":"sha256:8699ebb0a4f8731904f2538406cc5e8f00e8d0ef5ae83e4fe041c85e7f07972d","rows":70,"snapshots":["sha256:cbdd8718ef99adc021586d2a7f0d1bff3e428529445ee2e21b9fa557440be8fb"],"version":2,"window":"2013-02"}',2,'2013-02','{"builds":{"[\"sha256:8699ebb0a4f8731904f2538406cc5e8f00e8d0ef5ae83e4fe041c85e7f07972d\"]":"sha256:0f2c3dbcd8ea7293aa44728e28ef69d5a199aebd570725b31e6f44f801150b8f"},"versions":{"[2]":"sha256:f3aed2c1bebb9c51361fe2d615222ca2d77b5d6a2c25230ec0f53058535b71c8"}}','sha256:1be3cc8f20d5c401a14a48636086116bfa9df05599e7eeb558a11fb2edc45c95','sha256:47a2111b7b924abc2606af376cd392aeaf5988881332af375b3a4ad2cc09eb64');
INSERT INTO "events" VALUES('loans',11,'2014-01-01 00:00:00.000000','version.evaluated','schedule','scheduled__1','{"evaluation":"sha256:cdc67a12dec85a911eff77a683d0b5ffe6336b50a3a75c20a9136d2b6563c9fe","metrics":{},"rows":30,"version":2}',2,NULL,'{"versions":{"[2]":"sha256:af759b522df31ce886961268b8b03e6ae17fd28979f7fd90f72f823cdbbdff38"}}','sha256:47a2111b7b924abc2606af376cd392aeaf5988881332af375b3a4ad2cc09eb64','sha256:d5e798ad5308b6fa36c128c46032eb07640e2fd9d631d4b064f193de00fa89ae');
INSERT INTO "events" VALUES('loans',12,'2014-01-01 00:00:00.000000','champion.promoted','schedule','scheduled__1','{"epoch":2,"from_version":1,"reason":"the gate passed","version":2}',2,NULL,'{"promotions":{"[2]":"sha256:bd80514204d4e38bd703d0f9920d4ae93fd70ddf11a8c9b6d263af1c015de5f4"},"versions":{"[1]":"sha256:c55c5f4723289f4d3f9d2dc45cbead615f9ac553f45b23dbf739e39ee283b7e9","[2]":"sha256:fe46109b147121fbe8aa438e13a2450ccd6426ad853d77a4b468087827dd3961"}}','sha256:d5e798ad5308b6fa36c128c46032eb07640e2fd9d631d4b064f193de00fa89ae','sha256:d5fa4ccc586661c2632c229888fb5bf20f655a8bcd8bbace2f78edd058630aae');
INSERT INTO "events" VALUES('loans',13,'2014-01-01 00:00:00.000000','version.begun','schedule','scheduled__1','{"attempt":1,"fingerprint":"sha256:1c7d676d02bbcaec8044b8b4ab076d8f2be593af8b2fe6e2bd95b838097ad942","window":"2013-03"}',NULL,'2013-03','{"builds":{"[\"sha256:1c7d676d02bbcaec8044b8b4ab076d8f2be593af8b2fe6e2bd95b838097ad942\"]":"sha256:b9c14a3d09e7a04f93aa78193c83aa42f14f7b7f8214c381124f8aa8eb17ca3c"}}','sha256:d5fa4ccc586661c2632c229888fb5bf20f655a8bcd8bbace2f78edd058630aae','sha256:290c35fa59ef6b0423aee00151c59ae18638669f83e95b2aad775222a0eca3e3');
INSERT INTO "events" VALUES('loans',14,'2014-01-01 00:00:00.000000','version.built','schedule','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","code":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","fingerprint":"sha256:1c7d676d02bbcaec8044b8b4ab076d8f2be593af8b2fe6e2bd95b838097ad942","rows":70,"snapshots":["sha256:38e3dbd2fca907646d14b50d2fc7cf8ec8ae5f9accadbfbf3460bcfafe0f802c"],"version":3,"window":"2013-03"}',3,'2013-03','{"builds":{"[\"sha256:1c7d676d02bbcaec8044b8b4ab076d8f2be593af8b2fe6e2bd95b838097ad942\"]":"sha256:0bdc0915b63a4f171a3c66e3e8be228c97ddf3cd2f0299289151d63ac4afd49b"},"versions":{"[3]":"sha256:c1243f6981502a17033c8226a444acec2b8559bedd7d87832a19575eeddb18a8"}}','sha256:290c35fa59ef6b0423aee00151c59ae18638669f83e95b2aad775222a0eca3e3','sha256:c8d732915ccd46b9517cf05ed61d30d07ddc27da68aaa89b1b19aaddc7c3dd30');
INSERT INTO "events" VALUES('loans',15,'2014-01-01 00:00:00.000000','version.evaluated','schedule','scheduled__1','{"evaluation":"sha256:0bed3475690eedfaa7944094a5654ea265680bf605314b720efe06473299a685","metrics":{},"rows":30,"version":3}',3,NULL,'{"versions":{"[3]":"sha256:4b08456376fcad8276739637ebf330d8bdc94ed1bcf053083745d6f9e6bab5a4"}}','sha256:c8d732915ccd46b9517cf05ed61d30d07ddc27da68aaa89b1b19aaddc7c3dd30','sha256:6a52773583695166adeda90912115337cf7a3778aa50e3e6d516eae0529f0122');
INSERT INTO "events" VALUES('loans',16,'2014-01-01 00:00:00.000000','version.judged','schedule','scheduled__1','{"decision":"reject","evaluation":"sha256:0bed3475690eedfaa7944094a5654ea265680bf605314b720efe06473299a685","expected_epoch":0,"reasons":["better by 0.1"],"version":3}',3,NULL,'{"versions":{"[3]":"sha256:c45436a9033f739a64b8a5e0f966a443450b739208cba7f943f78ce28cd1d4c1"}}','sha256:6a52773583695166adeda90912115337cf7a3778aa50e3e6d516eae0529f0122','sha256:b8392e0e3bc0eb1dac7cb4255f69082ed35a73bcbcbd79ef73f0610859f05286');
INSERT INTO "events" VALUES('loans',17,'2014-01-01 00:00:00.000000','version.rejected','schedule','scheduled__1','{"reason":"no better","version":3}',3,NULL,'{"versions":{"[3]":"sha256:7c9ab7274d7eeb1d563360366e0b012c402d22472f138f69dad0551bac1bae6e"}}','sha256:b8392e0e3bc0eb1dac7cb4255f69082ed35a73bcbcbd79ef73f0610859f05286','sha256:3129a47c82c563b520e3784f375e4c8a014eee9ed8bb4c78dcf95885c8927c21');
INSERT INTO "events" VALUES('loans',18,'2014-01-01 00:00:00.000000','champion.rolled_back','cli:ada','','{"epoch":3,"from_version":2,"reason":"complaints","version":1}',1,NULL,'{"promotions":{"[3]":"sha256:3b970681c716aed668bffa8764e9ce5cd355f88a683cdfefb06b57d5bed987e2"},"versions":{"[1]":"sha256:14d1b0f4bdd885032cef3611639f557471fb88be44d04037cd1cbc1d16f40c1d","[2]":"sha256:3df92d84a34e388bff86e4317a8eefa3a5d2985843fe51a4c80fda9dd1c42e1c"}}','sha256:3129a47c82c563b520e3784f375e4c8a014eee9ed8bb4c78dcf95885c8927c21','sha256:4a71afd8050e7bf9ebbed35529087aa890c5199d84cd13de5d3c5e63a5e7d31a');
INSERT INTO "events" VALUES('loans',19,'2014-01-01 00:00:00.000000','scores.published','schedule','scheduled__1','{"artifact":"sha256:2860ddda37e69fb33c44462e6aea0cbe443074be451869b9a2f0876a2045fe4d","rows":100,"snapshot":"sha256:d3c116e5d61c567e78cd58d3ab181a18d10c2b5009a781019aeaa0c36c69d381","version":1,"window":"2013-04"}',1,'2013-04','{"scores":{"[\"2013-04\",1,\"sha256:2860ddda37e69fb33c44462e6aea0cbe443074be451869b9a2f0876a2045fe4d\"]":"sha256:ea682c9184fc047dba9446e5d923dbc09ff0fc8b348a1df1cccccab8113f2ba6"}}','sha256:4a71afd8050e7bf9ebbed35529087aa890c5199d84cd13de5d3c5e63a5e7d31a','sha256:4f99f5c551104162da39c2abf99650189d298d042d39277b6aa1b027f82c0410');
INSERT INTO "events" VALUES('loans',20,'2014-01-01 00:00:00.000000','retrain.requested','schedule','scheduled__1','{"answer":"retrain__2013-04__de341209","reason":"the loss is recoverable","request":"sha256:de341209683a07d6984056732cdd1afb591fd043eac3363c9ddb746819a05cdb","window":"2013-04"}',NULL,'2013-04','{"requests":{"[\"sha256:de341209683a07d6984056732cdd1afb591fd043eac3363c9ddb746819a05cdb\"]":"sha256:46f2486cbb7bd005a5ea38d5ce85de9c353b076619237888089b2b8a11ac0c2a"}}','sha256:4f99f5c551104162da39c2abf99650189d298d042d39277b6aa1b027f82c0410','sha256:4496b1a166ff3c44b43e87811fb18775193736db16151d6a96ea2f83a9b51eaf');
INSERT INTO "events" VALUES('loans',21,'2014-01-01 00:00:00.000000','window.monitored','schedule','scheduled__1','{"decision":"retrain","evidence":"sha256:6f3ca2e19099af7a020beac4f7a07f12a37b20ba95bf9ab4972344b429c2f727","reasons":["10% of the loss"],"request":"sha256:de341209683a07d6984056732cdd1afb591fd043eac3363c9ddb746819a05cdb","version":1,"window":"2013-04"}',1,'2013-04','{"monitoring":{"[\"2013-04\",21]":"sha256:df6ecf1323b17aee10eac01ef4e868debd584192d326675a9076de280e2c593f"}}','sha256:4496b1a166ff3c44b43e87811fb18775193736db16151d6a96ea2f83a9b51eaf','sha256:f4e94df990835b7d272bb7efafecfd116a3163d142c4a0cfe5d1a809ed61f08a');
INSERT INTO "events" VALUES('loans',22,'2014-01-01 00:00:00.000000','retrain.started','schedule','scheduled__1','{"answer":"retrain__2013-04__de341209","request":"sha256:de341209683a07d6984056732cdd1afb591fd043eac3363c9ddb746819a05cdb","window":"2013-04"}',NULL,'2013-04','{"requests":{"[\"sha256:de341209683a07d6984056732cdd1afb591fd043eac3363c9ddb746819a05cdb\"]":"sha256:94d160fe9644438ea7ec8830246a310bc4ba5ee230c98ab8ffaac3266143eece"}}','sha256:f4e94df990835b7d272bb7efafecfd116a3163d142c4a0cfe5d1a809ed61f08a','sha256:51700d0d12e57bca9762c9e4d0e728487eaf05a7bcd12c67e002d5a72c29ad79');
INSERT INTO "events" VALUES('loans',23,'2014-01-01 00:00:00.000000','version.begun','schedule','scheduled__1','{"attempt":1,"fingerprint":"sha256:7f1750ebd71319551184eb54ea8568fc8dd2f440b292b738807fd5addcc74c60","window":"2013-06"}',NULL,'2013-06','{"builds":{"[\"sha256:7f1750ebd71319551184eb54ea8568fc8dd2f440b292b738807fd5addcc74c60\"]":"sha256:276103fd3024fedcd51da75b30b12bff06d1616740699cb4cdfb8250e9bf8b2d"}}','sha256:51700d0d12e57bca9762c9e4d0e728487eaf05a7bcd12c67e002d5a72c29ad79','sha256:76015e5413efb767d2e7ec0f066d353401b34fc13f3c688e8cfa3ffcb6be8cc3');
INSERT INTO "events" VALUES('loans',24,'2014-01-01 00:00:00.000000','version.built','schedule','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","code":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","fingerprint":"sha256:7f1750ebd71319551184eb54ea8568fc8dd2f440b292b738807fd5addcc74c60","rows":70,"snapshots":["sha256:cfc15415115c17e3df8a662ce89e0a74c9defad48c3f12cd687f16ee1ed74a07"],"version":4,"window":"2013-06"}',4,'2013-06','{"builds":{"[\"sha256:7f1750ebd71319551184eb54ea8568fc8dd2f440b292b738807fd5addcc74c60\"]":"sha256:493042debe5accb55d1edb67c74e83d221da62299971ce10f0222ebba32edcfc"},"versions":{"[4]":"sha256:b0e46f19997a3008cf5a399ab005712b57ec6aa8ea5e48a5961786b2edc8372f"}}','sha256:76015e5413efb767d2e7ec0f066d353401b34fc13f3c688e8cfa3ffcb6be8cc3','sha256:e8cc95c15b4fd1f265c9a8f377ee6e081cf03f5b9bd0a4cb8c87ba07714f95ba');
INSERT INTO "events" VALUES('loans',25,'2014-01-01 00:00:00.000000','version.evaluated','schedule','scheduled__1','{"evaluation":"sha256:16493832f0e260a7c9fd6a0791d457dafb6f37d407910756c08092e5e7d5b7d0","metrics":{},"rows":30,"version":4}',4,NULL,'{"versions":{"[4]":"sha256:97586f89cb144fd7c7d89cd8426bb3091825218aacca7a24d2c9aeed392bb5f4"}}','sha256:e8cc95c15b4fd1f265c9a8f377ee6e081cf03f5b9bd0a4cb8c87ba07714f95ba','sha256:7d5f9abf336e067915c1ddafbc31832f135a79fa14926fd17b09cf6defdddd93');
INSERT INTO "events" VALUES('loans',26,'2014-01-01 00:00:00.000000','champion.promoted','schedule','scheduled__1','{"epoch":4,"from_version":1,"reason":"the gate passed","version":4}',4,NULL,'{"promotions":{"[4]":"sha256:de5a674baee5d980665a68f8645a974a6ea042a352eb9be5d0caa773f7620737"},"versions":{"[1]":"sha256:1c271f723756833bc240e96af6b3986eccd56870e993c69cfb18fb0037b6786d","[4]":"sha256:4d4881bfc6b43740c4ae12de8ae3fb5ca378babdfe93b06cf3c3196c93846650"}}','sha256:7d5f9abf336e067915c1ddafbc31832f135a79fa14926fd17b09cf6defdddd93','sha256:f40a2cce3d1e5abd09e383e787a7c67268426b3b1b9da15f7bccfc2b9762bdb5');
INSERT INTO "events" VALUES('loans',27,'2014-01-01 00:00:00.000000','version.begun','schedule','scheduled__1','{"attempt":1,"fingerprint":"sha256:11f9868011e1023c270506bc15679606a26243a1b36ec1e6323e05f4a6c2d991","window":"2013-05"}',NULL,'2013-05','{"builds":{"[\"sha256:11f9868011e1023c270506bc15679606a26243a1b36ec1e6323e05f4a6c2d991\"]":"sha256:8c53b7f808a3c115e960507a34e9e4bda4e9cf3aa486221d58ecc2d10ce7f9ec"}}','sha256:f40a2cce3d1e5abd09e383e787a7c67268426b3b1b9da15f7bccfc2b9762bdb5','sha256:5f4ca8de7c99dc7a5ad2ab7271274d91a426fe5b795da3c2b64355f5c65373d0');
INSERT INTO "events" VALUES('loans',28,'2014-01-01 00:00:00.000000','version.built','schedule','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","code":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","fingerprint":"sha256:11f9868011e1023c270506bc15679606a26243a1b36ec1e6323e05f4a6c2d991","rows":70,"snapshots":["sha256:1b56871794fb703c78664b7c1c68a1f3f013ad7680bc7d5016a7cb68c6216472"],"version":5,"window":"2013-05"}',5,'2013-05','{"builds":{"[\"sha256:11f9868011e1023c270506bc15679606a26243a1b36ec1e6323e05f4a6c2d991\"]":"sha256:b474058bb6cb2a0d48311fa7d970e192672f261b69b2ec1372090559bd43ecd9"},"versions":{"[5]":"sha256:fba5ced887d30265fd74f1e2edb70f4f4ff8119d5561835a5c1a6e993b7dd972"}}','sha256:5f4ca8de7c99dc7a5ad2ab7271274d91a426fe5b795da3c2b64355f5c65373d0','sha256:e33384728ed0caa49b1b013e7ab4ba4bac44356071b07c3808f197cff8982126');
INSERT INTO "events" VALUES('loans',29,'2014-01-01 00:00:00.000000','version.evaluated','schedule','scheduled__1','{"evaluation":"sha256:af56827554623d7eff8658cfd55b1d5c9a33b5acaaf629f90711f1f279c13eec","metrics":{},"rows":30,"version":5}',5,NULL,'{"versions":{"[5]":"sha256:1f223f3bf9670427652698f94cd07e931a0e01f0c5ab8a319b927a34fc0d1c05"}}','sha256:e33384728ed0caa49b1b013e7ab4ba4bac44356071b07c3808f197cff8982126','sha256:9a20985cac358bd8a51c58b737a56a785c0aeb3bffb1029edfb3affa8f008fbc');
INSERT INTO "events" VALUES('loans',30,'2014-01-01 00:00:00.000000','version.eligible','schedule','scheduled__1','{"reason":"it passed","version":5,"window":"2013-05"}',5,'2013-05','{"versions":{"[5]":"sha256:a3f9febf32fe4ae78a302b12b01a577bc0b3f818016543b006ccd4f10b49e108"}}','sha256:9a20985cac358bd8a51c58b737a56a785c0aeb3bffb1029edfb3affa8f008fbc','sha256:392a03526bf793fdf0821c8cfed76b5e2a66b75634df4b906fad0eeb55cdffa6');
INSERT INTO "events" VALUES('loans',31,'2014-01-01 00:00:00.000000','version.begun','cli:ada','','{"attempt":1,"fingerprint":"sha256:7","window":"2013-07"}',NULL,'2013-07','{"builds":{"[\"sha256:7\"]":"sha256:0443e11c9acc57c93d99c61f0369f0409d4440c7f10c202aa69daeb8d22214af"}}','sha256:392a03526bf793fdf0821c8cfed76b5e2a66b75634df4b906fad0eeb55cdffa6','sha256:3a796456c7d5016125450750733bfa759138909e1f52d30eacc531e0cdc19b53');
INSERT INTO "events" VALUES('loans',32,'2014-01-01 00:00:00.000000','window.monitored','schedule','scheduled__1','{"decision":"alert","evidence":"sha256:373e6de0558f6ae1c4b780d2b1566faff31cf32b807f1379353d274525333beb","reasons":["10% of the loss"],"request":null,"version":1,"window":"2013-07"}',1,'2013-07','{"monitoring":{"[\"2013-07\",32]":"sha256:a672ccf5aa3a6e94e0f7c3984aeda9ec9c0f74bca72c6f19bad2e07c4771d360"}}','sha256:3a796456c7d5016125450750733bfa759138909e1f52d30eacc531e0cdc19b53','sha256:b8521abbb5eff5e96c0db5d31a6083250f19e31b252c7814d3df3fa32731d90d');
INSERT INTO "events" VALUES('loans',33,'2014-01-01 00:00:00.000000','incident.opened','schedule','scheduled__1','{"incident":1,"reason":"10% of the loss","window":"2013-07"}',NULL,'2013-07','{"incidents":{"[1]":"sha256:e24aadc2e327acd7074a45b15ae81f7fdaa19f9294816b0a61eb45082eb6bf1d"}}','sha256:b8521abbb5eff5e96c0db5d31a6083250f19e31b252c7814d3df3fa32731d90d','sha256:30dd25054086a23a25506e21c5d961a6513333c73c4bfd5a1c25cd9eff76c932');
INSERT INTO "events" VALUES('loans',34,'2014-01-01 00:00:00.000000','incident.told','schedule','scheduled__1','{"channel":"mail","incident":1,"notice":"opened"}',NULL,NULL,'{"notices":{"[1,\"opened\",\"mail\"]":"sha256:11336ac55018371e7dc95079cd9f106b5f38a3891858eb982f56c005006287c3"}}','sha256:30dd25054086a23a25506e21c5d961a6513333c73c4bfd5a1c25cd9eff76c932','sha256:2d2f0e6656b82bb2b50cc8084de56c41a4799a5968219bdf439fea6b2cc243d2');
INSERT INTO "events" VALUES('loans',35,'2014-01-01 00:00:00.000000','version.explained','schedule','scheduled__1','{"explanation":"sha256:eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","version":1}',1,NULL,'{"explanations":{"[1]":"sha256:dcf44a8917d7e18e82a5269483d04d5f7dd2f6d8a1cc642162ef980abd14087f"}}','sha256:2d2f0e6656b82bb2b50cc8084de56c41a4799a5968219bdf439fea6b2cc243d2','sha256:90303884fc98dbcbc2394c5d36647d3c9e27b7cbbb43c447a0c03ebe9daf7a09');
INSERT INTO "events" VALUES('loans',36,'2014-01-01 00:00:00.000000','version.begun','schedule','scheduled__1','{"attempt":1,"fingerprint":"sha256:aef2e5b76532b9202dd08697b5d80ee9305273162d97ba4285a3334a8a667210","window":"2013-08"}',NULL,'2013-08','{"builds":{"[\"sha256:aef2e5b76532b9202dd08697b5d80ee9305273162d97ba4285a3334a8a667210\"]":"sha256:b3683a1d0aafeb590bc9eae0857bf0d48c6b90b918cddc2d990e6ed64d195f69"}}','sha256:90303884fc98dbcbc2394c5d36647d3c9e27b7cbbb43c447a0c03ebe9daf7a09','sha256:5879ef119ad14fb59d988c41c8fb14c78b0ac9df52b66ff8e6dc27e0f14d90d4');
INSERT INTO "events" VALUES('loans',37,'2014-01-01 00:00:00.000000','version.built','schedule','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","code":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","fingerprint":"sha256:aef2e5b76532b9202dd08697b5d80ee9305273162d97ba4285a3334a8a667210","rows":70,"snapshots":["sha256:802234245f24b7b86db751285409b13ab2e70f0e338cf673a77bdd9924a5da56"],"version":6,"window":"2013-08"}',6,'2013-08','{"builds":{"[\"sha256:aef2e5b76532b9202dd08697b5d80ee9305273162d97ba4285a3334a8a667210\"]":"sha256:4ba991a79c4aaf07fb4c5a30dce7376d7c51d8505229150dc53c03931e45c73f"},"versions":{"[6]":"sha256:d4949f3af9ee7ed8c42f2472225761989ec78655cf8f9bf19b0f3a198232fc18"}}','sha256:5879ef119ad14fb59d988c41c8fb14c78b0ac9df52b66ff8e6dc27e0f14d90d4','sha256:6cb608121c97b63ba910866c27bc39d5cdddfe7097a59cce7115b7cd68a31d28');
INSERT INTO "events" VALUES('loans',38,'2014-01-01 00:00:00.000000','version.evaluated','schedule','scheduled__1','{"evaluation":"sha256:56a908082febd773b973c31252a7d3a48e06326e7a2242228abd265faffc85d1","metrics":{},"rows":30,"version":6}',6,NULL,'{"versions":{"[6]":"sha256:6d7f993bc1e53316be70456014bc9798cc7b00d742eb898c377001afe190c0ad"}}','sha256:6cb608121c97b63ba910866c27bc39d5cdddfe7097a59cce7115b7cd68a31d28','sha256:083b152b9c8b482b3ec63533bd9b32d2c0101f3c7f335b8ca1d1a578a67eb661');
INSERT INTO "events" VALUES('loans',39,'2014-01-01 00:00:00.000000','version.judged','schedule','scheduled__1','{"decision":"needs_approval","evaluation":"sha256:56a908082febd773b973c31252a7d3a48e06326e7a2242228abd265faffc85d1","expected_epoch":0,"reasons":["better by 0.1"],"version":6}',6,NULL,'{"versions":{"[6]":"sha256:ab697e906152aa6cc4ba473fb7fe1a05e315d7d82f873d872a8a3641424dbb21"}}','sha256:083b152b9c8b482b3ec63533bd9b32d2c0101f3c7f335b8ca1d1a578a67eb661','sha256:4abbe9ff480dac6813472b8bf8f07cafe66b1027355c2cf3061f6a1841e65e79');
INSERT INTO "events" VALUES('loans',40,'2014-01-01 00:00:00.000000','approval.asked','schedule','scheduled__1','{"approval":40,"deadline":"2014-01-08T00:00:00+00:00","evaluation":"sha256:56a908082febd773b973c31252a7d3a48e06326e7a2242228abd265faffc85d1","expected_epoch":0,"version":6}',6,NULL,'{"approvals":{"[40]":"sha256:d1955650356e13f600ec382c586babddd63c1b92e776380bb21bb1e7831704c6"}}','sha256:4abbe9ff480dac6813472b8bf8f07cafe66b1027355c2cf3061f6a1841e65e79','sha256:f708b84f9555f189f33073c2ec83b4a7ffbfe666e01dc61e2c92b0f0e70e7ae0');
INSERT INTO "events" VALUES('loans',41,'2014-01-01 00:00:00.000000','scores.shadowed','schedule','scheduled__1','{"artifact":"sha256:5192722013fb83734d2649392f59f4be404ba021279e51ddb84cad097d564870","rows":100,"version":6,"window":"2013-09"}',6,'2013-09','{"shadow_scores":{"[\"2013-09\",6,\"sha256:5192722013fb83734d2649392f59f4be404ba021279e51ddb84cad097d564870\"]":"sha256:c6c2354b272fbc646f899dee1616f3ca4fc6fa306fa065b5b3f622ce0cfd7ed5"}}','sha256:f708b84f9555f189f33073c2ec83b4a7ffbfe666e01dc61e2c92b0f0e70e7ae0','sha256:26e838f5b865faeb3265d3a4812929d633464929df9d3d77c67aee1136d98bbc');
INSERT INTO "events" VALUES('loans',42,'2014-01-01 00:00:00.000000','version.compared','schedule','scheduled__1','{"champion":1,"outcome":"pass","sentence":"better","version":2,"window":"2013-03"}',2,'2013-03','{"live":{"[\"2013-03\",2,1,\"sha256:5af6d7e0b3f4b5a41a084ba53dcfe023df2f7ae2e652bceb51e70621e150dbf5\"]":"sha256:15519a07cfb6b162acd94c2d148d71316fd1ffe77fcce6a9ac836ae8009966de"}}','sha256:26e838f5b865faeb3265d3a4812929d633464929df9d3d77c67aee1136d98bbc','sha256:fbf36428768b92a599769a15a72d4a34e041829ccab00deed858241803f347d1');
INSERT INTO "events" VALUES('loans',43,'2014-01-01 00:00:00.000000','rollout.began','cli:ada','','{"champion":4,"expected_epoch":4,"reason":"the gate passed","rollout":43,"shares":[0.05],"version":6}',6,NULL,'{"rollouts":{"[43]":"sha256:584d3e46fc0307fb79a1058066d531a76cce8ac1c86d720eda83cf50b1614681"}}','sha256:fbf36428768b92a599769a15a72d4a34e041829ccab00deed858241803f347d1','sha256:e2b8cfc85c8d1d659445b8c1134e659dc2f00b246bea5a19f36dab53eca26916');
INSERT INTO "events" VALUES('loans',44,'2014-01-01 00:00:00.000000','rollout.scored','schedule','scheduled__1','{"rollout":43,"share":0.05,"stage":0,"version":6,"window":"2013-09"}',6,'2013-09','{"rollout_windows":{"[43,\"2013-09\"]":"sha256:d2af1b7ff96d8cf7f7a13688aa42898bc917dc9aeb246fa11cb348d109cb519a"}}','sha256:e2b8cfc85c8d1d659445b8c1134e659dc2f00b246bea5a19f36dab53eca26916','sha256:83562e8c053fd32cdc2067ca76217689bc0e9e0e48edad5653064cf8eb05ba76');
CREATE TABLE explanations (
	model VARCHAR(63) NOT NULL, 
	version INTEGER NOT NULL, 
	artifact VARCHAR(71) NOT NULL, 
	seq INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_explanations PRIMARY KEY (model, version), 
	CONSTRAINT fk_explanations_model_version FOREIGN KEY(model, version) REFERENCES versions (model, version), 
	CONSTRAINT fk_explanations_model FOREIGN KEY(model) REFERENCES models (name)
);
INSERT INTO "explanations" VALUES('loans',1,'sha256:eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee',35);
CREATE TABLE fences (
	work TEXT NOT NULL, 
	fence INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	began DATETIME, 
	taken_at DATETIME NOT NULL, 
	CONSTRAINT pk_fences PRIMARY KEY (work)
);
INSERT INTO "fences" VALUES('a task',1,1,NULL,'2014-01-01 00:00:00.000000');
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
INSERT INTO "incidents" VALUES('loans',1,'2013-07','10% of the loss','2014-01-01 00:00:00.000000',NULL,NULL,33);
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
INSERT INTO "live" VALUES('loans','2013-03',2,1,'sha256:5af6d7e0b3f4b5a41a084ba53dcfe023df2f7ae2e652bceb51e70621e150dbf5',42,'{"champion":1,"champion_scores":"sha256:3333333333333333333333333333333333333333333333333333333333333333","comparison":{"covariance":null,"degrees":null,"difference":-0.1,"metric":"log_loss","other":"v1","problem":"","rows":100,"skew":0.0,"slice":null,"std_error":0.01,"value":null,"value_error":null},"margin":0.01,"model":"loans","outcome":"pass","scores":"sha256:2222222222222222222222222222222222222222222222222222222222222222","sentence":"better","snapshot":"sha256:1111111111111111111111111111111111111111111111111111111111111111","version":2,"window":"2013-03","window_start":"2013-03-01T00:00:00Z"}',42);
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
INSERT INTO "models" VALUES('loans','risk','','','sha256:2','{"owner": "risk"}','2014-01-01 00:00:00.000000',44,'sha256:83562e8c053fd32cdc2067ca76217689bc0e9e0e48edad5653064cf8eb05ba76','2014-01-01 00:00:00.000000',2);
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
INSERT INTO "monitoring" VALUES('loans','2013-04',21,'sha256:6f3ca2e19099af7a020beac4f7a07f12a37b20ba95bf9ab4972344b429c2f727','retrain','sha256:de341209683a07d6984056732cdd1afb591fd043eac3363c9ddb746819a05cdb','{"at":"2014-01-01T00:00:00Z","checks":[{"check":"performance","columns":[],"details":{},"effect":0.1,"level":null,"low":null,"outcome":"found","p_value":null,"sentence":"10% of the loss"}],"decision":"retrain","estimated_loss":null,"first_loss":null,"history":[],"loss":null,"model":"loans","notices":[],"outcomes":0,"profile":null,"reasons":["10% of the loss"],"reopened":false,"request":"sha256:de341209683a07d6984056732cdd1afb591fd043eac3363c9ddb746819a05cdb","scores":"sha256:2860ddda37e69fb33c44462e6aea0cbe443074be451869b9a2f0876a2045fe4d","snapshot":"sha256:d3c116e5d61c567e78cd58d3ab181a18d10c2b5009a781019aeaa0c36c69d381","version":1,"window":"2013-04"}',21);
INSERT INTO "monitoring" VALUES('loans','2013-07',32,'sha256:373e6de0558f6ae1c4b780d2b1566faff31cf32b807f1379353d274525333beb','alert',NULL,'{"at":"2014-01-01T00:00:00Z","checks":[{"check":"performance","columns":[],"details":{},"effect":0.1,"level":null,"low":null,"outcome":"found","p_value":null,"sentence":"10% of the loss"}],"decision":"alert","estimated_loss":null,"first_loss":null,"history":[],"loss":null,"model":"loans","notices":[],"outcomes":0,"profile":null,"reasons":["10% of the loss"],"reopened":false,"request":null,"scores":"sha256:ec31b3ea332a859db866837a8a1335d919395db35e6cc5f95e966c0ef095d28a","snapshot":"sha256:fd714c6ab1b5c516653efc69174622486a43c9055975752986f780092cbcbc5c","version":1,"window":"2013-07"}',32);
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
INSERT INTO "notices" VALUES('loans',1,'opened','mail','2014-01-01 00:00:00.000000',34);
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
INSERT INTO "promotions" VALUES('loans',1,1,'promote',NULL,'2014-01-01 00:00:00.000000','schedule','automation','scheduled__1','the gate passed',8);
INSERT INTO "promotions" VALUES('loans',2,2,'promote',1,'2014-01-01 00:00:00.000000','schedule','automation','scheduled__1','the gate passed',12);
INSERT INTO "promotions" VALUES('loans',3,1,'rollback',2,'2014-01-01 00:00:00.000000','cli:ada','person','','complaints',18);
INSERT INTO "promotions" VALUES('loans',4,4,'promote',1,'2014-01-01 00:00:00.000000','schedule','automation','scheduled__1','the gate passed',26);
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
INSERT INTO "requests" VALUES('sha256:de341209683a07d6984056732cdd1afb591fd043eac3363c9ddb746819a05cdb','loans','2013-04','2013-04-01 00:00:00.000000','the loss is recoverable','2014-01-01 00:00:00.000000',20,'retrain__2013-04__de341209','2014-01-01 00:00:00.000000',22);
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
INSERT INTO "rollout_windows" VALUES('loans',43,'2013-09','{"share":0.05,"stage":0,"window":"2013-09","window_start":"2013-09-01T00:00:00Z"}',44);
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
INSERT INTO "rollouts" VALUES('loans',43,6,'open','{"actor":"cli:ada","began_at":"2014-01-01T00:00:00Z","champion":4,"ended_at":null,"expected_epoch":4,"margin":0.01,"model":"loans","reason":"the gate passed","rollout":43,"run_id":"","shares":[0.05],"stage":0,"state":"open","version":6,"why":"","windows":[]}',43);
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
INSERT INTO "scores" VALUES('loans','2013-04',1,'sha256:2860ddda37e69fb33c44462e6aea0cbe443074be451869b9a2f0876a2045fe4d',19,'{"artifact":"sha256:2860ddda37e69fb33c44462e6aea0cbe443074be451869b9a2f0876a2045fe4d","at":"2014-01-01T00:00:00Z","mean_score":0.25,"model":"loans","rows":100,"share":null,"snapshot":"sha256:d3c116e5d61c567e78cd58d3ab181a18d10c2b5009a781019aeaa0c36c69d381","staged":null,"version":1,"window":"2013-04"}',19);
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
INSERT INTO "shadow_scores" VALUES('loans','2013-09',6,'sha256:5192722013fb83734d2649392f59f4be404ba021279e51ddb84cad097d564870',41,'{"artifact":"sha256:5192722013fb83734d2649392f59f4be404ba021279e51ddb84cad097d564870","at":"2014-01-01T00:00:00Z","mean_score":0.25,"model":"loans","rows":100,"share":null,"snapshot":"sha256:cfab12be0c95c04c2da31d35af1dad0797442ef71de50819457a2c624b841d76","staged":null,"version":6,"window":"2013-09"}',41);
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
INSERT INTO "versions" VALUES('loans',1,'sha256:2bfded4d73df3daff0c60fa4d88a3c61d0eff5683e7e822eccf6f8c949566fb0','2013-01','2013-02-01 00:00:00.000000','2013-01-23 00:00:00.000000','archived','2014-01-01 00:00:00.000000','schedule','scheduled__1','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","artifact_bytes":5,"code_digest":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","columns":{"income":"number"},"environment":{"python":"3.11"},"environment_lock":"","fingerprint":"sha256:2bfded4d73df3daff0c60fa4d88a3c61d0eff5683e7e822eccf6f8c949566fb0","format":"skops","model":"loans","parents":[],"profile":"sha256:2021b7c372990f797e86cb0f85931f66372edc040135039b0a741c1827b3475c","rows":70,"seed":0,"snapshots":["sha256:ca1614e5caa7025aae6980aa5f402265ad06373ed9efd05010433de96233bc2d"],"spec_digest":"sha256:e95791019eb0c8482a3fc96ca6682f1852b74a76dabeca8b6930e60e8712058c","trained_until":"2013-01-23T00:00:00Z","training_digest":"sha256:32df171b27ef9f252263c5bc5a11105f3cb6a28251fb76126e27258fe81f08cb","window":"2013-01","window_end":"2013-02-01T00:00:00Z","window_start":"2013-01-01T00:00:00Z"}',70,'sha256:7e098ded5e9f10a0c1306725d65c616ee2a814111de2bdc0a259caf8069c824a',NULL,NULL,NULL,1,'',18,26);
INSERT INTO "versions" VALUES('loans',2,'sha256:8699ebb0a4f8731904f2538406cc5e8f00e8d0ef5ae83e4fe041c85e7f07972d','2013-02','2013-03-01 00:00:00.000000','2013-02-20 00:00:00.000000','archived','2014-01-01 00:00:00.000000','schedule','scheduled__1','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","artifact_bytes":5,"code_digest":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","columns":{"income":"number"},"environment":{"python":"3.11"},"environment_lock":"","fingerprint":"sha256:8699ebb0a4f8731904f2538406cc5e8f00e8d0ef5ae83e4fe041c85e7f07972d","format":"skops","model":"loans","parents":[],"profile":"sha256:2021b7c372990f797e86cb0f85931f66372edc040135039b0a741c1827b3475c","rows":70,"seed":0,"snapshots":["sha256:cbdd8718ef99adc021586d2a7f0d1bff3e428529445ee2e21b9fa557440be8fb"],"spec_digest":"sha256:e95791019eb0c8482a3fc96ca6682f1852b74a76dabeca8b6930e60e8712058c","trained_until":"2013-02-20T00:00:00Z","training_digest":"sha256:32df171b27ef9f252263c5bc5a11105f3cb6a28251fb76126e27258fe81f08cb","window":"2013-02","window_end":"2013-03-01T00:00:00Z","window_start":"2013-02-01T00:00:00Z"}',70,'sha256:cdc67a12dec85a911eff77a683d0b5ffe6336b50a3a75c20a9136d2b6563c9fe',NULL,NULL,NULL,1,'',NULL,18);
INSERT INTO "versions" VALUES('loans',3,'sha256:1c7d676d02bbcaec8044b8b4ab076d8f2be593af8b2fe6e2bd95b838097ad942','2013-03','2013-04-01 00:00:00.000000','2013-03-23 00:00:00.000000','rejected','2014-01-01 00:00:00.000000','schedule','scheduled__1','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","artifact_bytes":5,"code_digest":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","columns":{"income":"number"},"environment":{"python":"3.11"},"environment_lock":"","fingerprint":"sha256:1c7d676d02bbcaec8044b8b4ab076d8f2be593af8b2fe6e2bd95b838097ad942","format":"skops","model":"loans","parents":[],"profile":"sha256:2021b7c372990f797e86cb0f85931f66372edc040135039b0a741c1827b3475c","rows":70,"seed":0,"snapshots":["sha256:38e3dbd2fca907646d14b50d2fc7cf8ec8ae5f9accadbfbf3460bcfafe0f802c"],"spec_digest":"sha256:e95791019eb0c8482a3fc96ca6682f1852b74a76dabeca8b6930e60e8712058c","trained_until":"2013-03-23T00:00:00Z","training_digest":"sha256:32df171b27ef9f252263c5bc5a11105f3cb6a28251fb76126e27258fe81f08cb","window":"2013-03","window_end":"2013-04-01T00:00:00Z","window_start":"2013-03-01T00:00:00Z"}',70,'sha256:0bed3475690eedfaa7944094a5654ea265680bf605314b720efe06473299a685','{"costs":[],"decision":"reject","evaluation":"sha256:0bed3475690eedfaa7944094a5654ea265680bf605314b720efe06473299a685","expected_epoch":0,"model":"loans","reasons":["better by 0.1"],"verdicts":[],"version":3}','reject','better by 0.1',1,'',NULL,17);
INSERT INTO "versions" VALUES('loans',4,'sha256:7f1750ebd71319551184eb54ea8568fc8dd2f440b292b738807fd5addcc74c60','2013-06','2013-07-01 00:00:00.000000','2013-06-22 00:00:00.000000','champion','2014-01-01 00:00:00.000000','schedule','scheduled__1','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","artifact_bytes":5,"code_digest":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","columns":{"income":"number"},"environment":{"python":"3.11"},"environment_lock":"","fingerprint":"sha256:7f1750ebd71319551184eb54ea8568fc8dd2f440b292b738807fd5addcc74c60","format":"skops","model":"loans","parents":[],"profile":"sha256:2021b7c372990f797e86cb0f85931f66372edc040135039b0a741c1827b3475c","rows":70,"seed":0,"snapshots":["sha256:cfc15415115c17e3df8a662ce89e0a74c9defad48c3f12cd687f16ee1ed74a07"],"spec_digest":"sha256:e95791019eb0c8482a3fc96ca6682f1852b74a76dabeca8b6930e60e8712058c","trained_until":"2013-06-22T00:00:00Z","training_digest":"sha256:32df171b27ef9f252263c5bc5a11105f3cb6a28251fb76126e27258fe81f08cb","window":"2013-06","window_end":"2013-07-01T00:00:00Z","window_start":"2013-06-01T00:00:00Z"}',70,'sha256:16493832f0e260a7c9fd6a0791d457dafb6f37d407910756c08092e5e7d5b7d0',NULL,NULL,NULL,1,'',26,26);
INSERT INTO "versions" VALUES('loans',5,'sha256:11f9868011e1023c270506bc15679606a26243a1b36ec1e6323e05f4a6c2d991','2013-05','2013-06-01 00:00:00.000000','2013-05-23 00:00:00.000000','archived','2014-01-01 00:00:00.000000','schedule','scheduled__1','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","artifact_bytes":5,"code_digest":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","columns":{"income":"number"},"environment":{"python":"3.11"},"environment_lock":"","fingerprint":"sha256:11f9868011e1023c270506bc15679606a26243a1b36ec1e6323e05f4a6c2d991","format":"skops","model":"loans","parents":[],"profile":"sha256:2021b7c372990f797e86cb0f85931f66372edc040135039b0a741c1827b3475c","rows":70,"seed":0,"snapshots":["sha256:1b56871794fb703c78664b7c1c68a1f3f013ad7680bc7d5016a7cb68c6216472"],"spec_digest":"sha256:e95791019eb0c8482a3fc96ca6682f1852b74a76dabeca8b6930e60e8712058c","trained_until":"2013-05-23T00:00:00Z","training_digest":"sha256:32df171b27ef9f252263c5bc5a11105f3cb6a28251fb76126e27258fe81f08cb","window":"2013-05","window_end":"2013-06-01T00:00:00Z","window_start":"2013-05-01T00:00:00Z"}',70,'sha256:af56827554623d7eff8658cfd55b1d5c9a33b5acaaf629f90711f1f279c13eec',NULL,NULL,NULL,1,'',30,30);
INSERT INTO "versions" VALUES('loans',6,'sha256:aef2e5b76532b9202dd08697b5d80ee9305273162d97ba4285a3334a8a667210','2013-08','2013-09-01 00:00:00.000000','2013-08-23 00:00:00.000000','evaluated','2014-01-01 00:00:00.000000','schedule','scheduled__1','scheduled__1','{"artifact":"sha256:18fb9fa0b971b807a1312d3702d18747a3b1b39a129df8c5d1a8f68d512bd1fd","artifact_bytes":5,"code_digest":"sha256:4a1933b06cf695fcff4acaba1fdbaa7f10ce109d3c7f57bbf62f6bb572658de8","columns":{"income":"number"},"environment":{"python":"3.11"},"environment_lock":"","fingerprint":"sha256:aef2e5b76532b9202dd08697b5d80ee9305273162d97ba4285a3334a8a667210","format":"skops","model":"loans","parents":[],"profile":"sha256:2021b7c372990f797e86cb0f85931f66372edc040135039b0a741c1827b3475c","rows":70,"seed":0,"snapshots":["sha256:802234245f24b7b86db751285409b13ab2e70f0e338cf673a77bdd9924a5da56"],"spec_digest":"sha256:e95791019eb0c8482a3fc96ca6682f1852b74a76dabeca8b6930e60e8712058c","trained_until":"2013-08-23T00:00:00Z","training_digest":"sha256:32df171b27ef9f252263c5bc5a11105f3cb6a28251fb76126e27258fe81f08cb","window":"2013-08","window_end":"2013-09-01T00:00:00Z","window_start":"2013-08-01T00:00:00Z"}',70,'sha256:56a908082febd773b973c31252a7d3a48e06326e7a2242228abd265faffc85d1','{"costs":[],"decision":"needs_approval","evaluation":"sha256:56a908082febd773b973c31252a7d3a48e06326e7a2242228abd265faffc85d1","expected_epoch":0,"model":"loans","reasons":["better by 0.1"],"verdicts":[],"version":6}','needs_approval','better by 0.1',1,'',NULL,39);
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
INSERT INTO "windows" VALUES('loans','2013-04',21,'retrain','10% of the loss',1,NULL,NULL,NULL,1,1,'2014-01-01 00:00:00.000000');
INSERT INTO "windows" VALUES('loans','2013-07',32,'alert','10% of the loss',1,NULL,NULL,NULL,1,1,'2014-01-01 00:00:00.000000');
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
