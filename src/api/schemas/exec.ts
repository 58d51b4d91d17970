import { type Static, Type } from "typebox";

export const ExecCreateRequest = Type.Object({
	AttachStdin: Type.Optional(Type.Boolean()),
	AttachStdout: Type.Optional(Type.Boolean()),
	AttachStderr: Type.Optional(Type.Boolean()),
	ConsoleSize: Type.Optional(Type.Array(Type.Integer())),
	DetachKeys: Type.Optional(Type.String()),
	Tty: Type.Optional(Type.Boolean()),
	Env: Type.Optional(Type.Array(Type.String())),
	Cmd: Type.Optional(Type.Array(Type.String())),
	Privileged: Type.Optional(Type.Boolean()),
	User: Type.Optional(Type.String()),
	WorkingDir: Type.Optional(Type.String()),
});
export type ExecCreateRequest = Static<typeof ExecCreateRequest>;

export const ExecStartRequest = Type.Object({
	Detach: Type.Optional(Type.Boolean()),
	Tty: Type.Optional(Type.Boolean()),
	ConsoleSize: Type.Optional(Type.Array(Type.Integer())),
});
export type ExecStartRequest = Static<typeof ExecStartRequest>;

export const ProcessConfig = Type.Object({
	privileged: Type.Optional(Type.Boolean()),
	user: Type.Optional(Type.String()),
	tty: Type.Optional(Type.Boolean()),
	entrypoint: Type.Optional(Type.String()),
	arguments: Type.Optional(Type.Array(Type.String())),
});
export type ProcessConfig = Static<typeof ProcessConfig>;

export const ExecInspectResponse = Type.Object({
	CanRemove: Type.Optional(Type.Boolean()),
	DetachKeys: Type.Optional(Type.String()),
	ID: Type.Optional(Type.String()),
	Running: Type.Optional(Type.Boolean()),
	/** `null` until it has ended: clients ask for the field before. */
	ExitCode: Type.Union([Type.Integer(), Type.Null()]),
	ProcessConfig: Type.Optional(ProcessConfig),
	OpenStdin: Type.Optional(Type.Boolean()),
	OpenStderr: Type.Optional(Type.Boolean()),
	OpenStdout: Type.Optional(Type.Boolean()),
	ContainerID: Type.Optional(Type.String()),
	Pid: Type.Optional(Type.Integer()),
});
export type ExecInspectResponse = Static<typeof ExecInspectResponse>;
