"""Builds with docker-py in all the ways that it has; prints what came of them as JSON."""
import io, json, os, sys, tarfile
import docker

client = docker.DockerClient(base_url="unix://" + sys.argv[1], version="auto")
folder = sys.argv[2]


def output(image):
    return client.containers.run(image, remove=True).decode()


def log_of(log):
    return "".join(part.get("stream", "") for part in log)


seen = {}
image, log = client.images.build(
    path=folder,
    dockerfile="build.Dockerfile",
    tag="py:path",
    target="app",
    buildargs={"WORD": "hi"},
    labels={"who": "py"},
    extra_hosts={"there": "10.1.2.3"},
    network_mode="none",
    shmsize=8 * 1024 * 1024,
    container_limits={"memory": 256 * 1024 * 1024, "cpushares": 10},
    cache_from=["none:such"],
    platform="linux/amd64" if os.uname().machine == "x86_64" else "linux/arm64",
    rm=True,
    forcerm=True,
    pull=False,
)
seen["path"] = [output(image), image.labels, image.tags, "Successfully built" in log_of(log)]

again, log = client.images.build(path=folder, dockerfile="build.Dockerfile", target="app", tag="py:again",
                                 buildargs={"WORD": "hi"}, labels={"who": "py"}, extra_hosts={"there": "10.1.2.3"},
                                 network_mode="none", shmsize=8 * 1024 * 1024)
seen["again"] = [again.id == image.id, "Using cache" in log_of(log)]
anew, log = client.images.build(path=folder, dockerfile="build.Dockerfile", target="app", nocache=True)
seen["nocache"] = "Using cache" in log_of(log)

image, _ = client.images.build(fileobj=io.BytesIO(b"FROM busybox\nCMD echo from-text\n"))
seen["fileobj"] = output(image)

packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode="w:gz") as tar:
    for name, text in {"Dockerfile": b"FROM busybox\nCOPY f /f\nCMD cat /f\n", "f": b"from-tar\n"}.items():
        info = tarfile.TarInfo(name)
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
packed.seek(0)
image, _ = client.images.build(fileobj=packed, custom_context=True, encoding="gzip", quiet=False)
seen["custom"] = output(image)

for name, text in {"command": "FROM busybox\nRUN exit 3\n", "syntax": "FROM busybox\nNONSENSE\n"}.items():
    try:
        client.images.build(fileobj=io.BytesIO(text.encode()), rm=True)
    except docker.errors.BuildError as error:
        seen[name] = ["build", error.msg]
    except docker.errors.APIError as error:
        seen[name] = ["api", error.explanation]
print(json.dumps(seen))
