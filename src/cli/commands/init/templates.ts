import type { Files } from "./files.ts";
import type { Project } from "./project.ts";

type Of<Kind extends Project["kind"]> = Project & { readonly kind: Kind };

/** Packages go into a virtual environment that is copied as a whole. */
export function pythonTemplate({ requirements, entry }: Of<"python">): Files {
	const packages =
		requirements === "requirements.txt"
			? `COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt`
			: requirements === "pyproject.toml"
				? `COPY . .
RUN --mount=type=cache,target=/root/.cache/pip pip install .`
				: "";
	return {
		port: 8000,
		ignore: ["__pycache__", "*.pyc", ".venv", "venv", ".pytest_cache", ".mypy_cache", "dist", "*.egg-info"],
		dockerfile: `
ARG PYTHON_VERSION=3.13

FROM python:\${PYTHON_VERSION}-slim AS build
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
${packages}

FROM python:\${PYTHON_VERSION}-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY --from=build /venv /venv
COPY . .
RUN useradd --system --no-create-home app
USER app
EXPOSE 8000
CMD ["python", "${entry}"]
`,
	};
}

/** A static program in an image with nothing else. */
export function goTemplate({ version, hasSum, main }: Of<"go">): Files {
	return {
		port: 8080,
		ignore: ["bin", "*.test", "coverage.out"],
		dockerfile: `
ARG GO_VERSION=${version}

FROM --platform=$BUILDPLATFORM golang:\${GO_VERSION} AS build
WORKDIR /src
COPY go.mod ${hasSum ? "go.sum " : ""}./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG TARGETOS TARGETARCH
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \\
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags="-s -w" -o /app ${main}

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /app /app
EXPOSE 8080
ENTRYPOINT ["/app"]
`,
	};
}

/** Built with the JDK, run with the JRE. */
export function javaTemplate({ tool, hasWrapper }: Of<"java">): Files {
	const isMaven = tool === "maven";
	const image = hasWrapper
		? `eclipse-temurin:\${JAVA_VERSION}-jdk`
		: isMaven
			? `maven:3-eclipse-temurin-\${JAVA_VERSION}`
			: `gradle:jdk\${JAVA_VERSION}`;
	const program = hasWrapper ? (isMaven ? "./mvnw" : "./gradlew") : isMaven ? "mvn" : "gradle";
	const command = isMaven
		? `RUN --mount=type=cache,target=/root/.m2 ${program} -B -DskipTests package && cp target/*.jar /app.jar`
		: `RUN --mount=type=cache,target=/root/.gradle ${program} --no-daemon assemble && cp build/libs/*.jar /app.jar`;
	return {
		port: 8080,
		ignore: ["target", "build", ".gradle", "*.class", "out"],
		dockerfile: `
ARG JAVA_VERSION=21

FROM ${image} AS build
WORKDIR /src
COPY . .
${command}

FROM eclipse-temurin:\${JAVA_VERSION}-jre
RUN useradd --system --no-create-home app
USER app
COPY --from=build /app.jar /app.jar
EXPOSE 8080
ENTRYPOINT ["java", "-jar", "/app.jar"]
`,
	};
}

/** The target folder is a cache mount, so the program is copied out of it in the same step. */
export function rustTemplate({ name, hasLock }: Of<"rust">): Files {
	return {
		port: 8080,
		ignore: ["target"],
		dockerfile: `
ARG RUST_VERSION=1

FROM rust:\${RUST_VERSION}-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \\
    cargo build --release${hasLock ? " --locked" : ""} && cp target/release/${name} /app

FROM debian:bookworm-slim
RUN useradd --system --no-create-home app
USER app
COPY --from=build /app /usr/local/bin/${name}
EXPOSE 8080
CMD ["${name}"]
`,
	};
}

/** Files behind a web server that needs no root. */
export function staticTemplate({ folder }: Of<"static">): Files {
	return {
		port: 8080,
		ignore: ["node_modules", "README.md"],
		dockerfile: `
FROM nginxinc/nginx-unprivileged:stable-alpine
COPY ${folder === "." ? "." : `${folder}/`} /usr/share/nginx/html/
EXPOSE 8080
`,
	};
}
