# The server and the bundle that ships with it, on a read-only root, as nobody in particular. docs/deployment.md runs it.
ARG PYTHON=3.11
FROM python:${PYTHON}-slim AS build

WORKDIR /src
# Without pip: what is not in the image can't be used in it.
RUN python -m venv --without-pip /opt/detente
COPY . .
# The cache makes a second build quick, and stays out of the image.
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --disable-pip-version-check --python /opt/detente/bin/python install --constraint constraints.txt .

FROM python:${PYTHON}-slim

COPY --from=build /opt/detente /opt/detente

# ORT_DISABLE_TELEMETRY: onnxruntime's builds report to their maker unless told not to, before they are imported.
ENV PATH=/opt/detente/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ORT_DISABLE_TELEMETRY=1 \
    DETENTE_HOST=0.0.0.0 \
    DETENTE_PORT=8000

# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
WORKDIR /
EXPOSE 8000

# No curl in this image; http.client instead of urllib.request's openers, which would ask a proxy of the environment.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --start-interval=1s --retries=3 \
    CMD ["python", "-c", "import os, sys, http.client as h; c = h.HTTPConnection('127.0.0.1', int(os.environ['DETENTE_PORT']), timeout=4); c.request('GET', '/livez'); sys.exit(c.getresponse().status != 200)"]

# The server gets the signals itself: TERM drains, HUP reloads the bundle.
STOPSIGNAL SIGTERM
ENTRYPOINT ["detente", "serve"]
