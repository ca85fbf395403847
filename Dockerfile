# Two steps: every package is fetched and checked against the lock's hashes; then only what the service needs at run time
# is installed, from those checked files alone. Nothing that is not in the lock can get in.
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# docker compose build --build-arg EXTRAS=[otel]: with OpenTelemetry
ARG EXTRAS=
WORKDIR /source
COPY requirements.lock ./
RUN pip download --quiet --require-hashes --only-binary :all: --dest /checked --requirement requirements.lock
COPY pyproject.toml README.md ./
COPY inventory_service inventory_service
COPY loadtests loadtests
COPY lua lua
COPY migrations migrations
RUN python -m venv /service \
 && PIP_NO_INDEX=1 PIP_FIND_LINKS=/checked /service/bin/pip install --quiet ".$EXTRAS"

FROM python:3.13-slim
COPY --from=build /service /service
RUN useradd --system --uid 10001 --no-create-home inventory
USER inventory
WORKDIR /tmp
ENV INVENTORY_HOST=0.0.0.0 INVENTORY_PORT=8080 PYTHONUNBUFFERED=1
EXPOSE 8080
ENTRYPOINT ["/service/bin/inventory-service"]
CMD ["api"]
