# The Astro project's image (`astro dev start`, `astro deploy`); docker-compose.yaml builds on Apache's own image.
# Runtime 3.3-8 is Airflow 3.3.2. Its default Python is 3.14, which Windvane does not support yet: 3.12 is named.
# The base image installs packages.txt and requirements.txt and copies the project, before the lines below.
FROM astrocrpublic.azurecr.io/runtime:3.3-8-python-3.12

# The `windvane` command; what it imports is the copied folder, so that an edit under `astro dev start` counts.
RUN pip install --no-cache-dir --no-deps --editable /usr/local/airflow

# Threads of several trainings on the same cores wait for each other by spinning, and take ten times as long.
ENV OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1

# include/ is not on sys.path in stock Airflow. The embedded registry and artifacts stand in the one folder that
# all of Astro's local containers share; a deployment sets the connections windvane_registry and windvane_artifacts.
ENV PYTHONPATH=/usr/local/airflow/include \
    WINDVANE_HOME=/usr/local/airflow/include/.windvane
