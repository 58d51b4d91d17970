import { type Static, Type } from "typebox";

export const HealthConfig = Type.Object({
	Test: Type.Optional(Type.Array(Type.String())),
	Interval: Type.Optional(Type.Integer()),
	Timeout: Type.Optional(Type.Integer()),
	Retries: Type.Optional(Type.Integer()),
	StartPeriod: Type.Optional(Type.Integer()),
	StartInterval: Type.Optional(Type.Integer()),
});
export type HealthConfig = Static<typeof HealthConfig>;

export const ContainerConfig = Type.Object({
	Hostname: Type.Optional(Type.String()),
	Domainname: Type.Optional(Type.String()),
	User: Type.Optional(Type.String()),
	AttachStdin: Type.Optional(Type.Boolean()),
	AttachStdout: Type.Optional(Type.Boolean()),
	AttachStderr: Type.Optional(Type.Boolean()),
	ExposedPorts: Type.Optional(Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()))),
	Tty: Type.Optional(Type.Boolean()),
	OpenStdin: Type.Optional(Type.Boolean()),
	StdinOnce: Type.Optional(Type.Boolean()),
	Env: Type.Optional(Type.Array(Type.String())),
	Cmd: Type.Optional(Type.Array(Type.String())),
	Healthcheck: Type.Optional(HealthConfig),
	ArgsEscaped: Type.Optional(Type.Boolean()),
	Image: Type.Optional(Type.String()),
	Volumes: Type.Optional(Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()))),
	WorkingDir: Type.Optional(Type.String()),
	Entrypoint: Type.Optional(Type.Array(Type.String())),
	NetworkDisabled: Type.Optional(Type.Boolean()),
	OnBuild: Type.Optional(Type.Array(Type.String())),
	Labels: Type.Optional(Type.Record(Type.String(), Type.String())),
	StopSignal: Type.Optional(Type.String()),
	StopTimeout: Type.Optional(Type.Integer()),
	Shell: Type.Optional(Type.Array(Type.String())),
});
export type ContainerConfig = Static<typeof ContainerConfig>;
