import type { ExecCreateRequest } from "../../../../api/index.ts";
import { parseEnvFlag, parseKeyValueFile } from "../../../../api/syntax.ts";
import type { CommandInput } from "../../../flags/command.ts";
import type { Flag } from "../../../flags/flag.ts";
import type { ClientFolder } from "../create/input.ts";
import { present } from "../create/present.ts";

export const execFlags = [
	{ kind: "switch", name: "detach", short: "d", help: "Do not wait for the command" },
	{
		kind: "text",
		name: "detach-keys",
		completes: "none",
		help: "Keys that detach from a terminal (default ctrl-p,ctrl-q)",
	},
	{
		kind: "list",
		name: "env",
		short: "e",
		parse: envWithClient,
		completes: "none",
		help: "Set a variable (NAME=value, or NAME for the client's own)",
	},
	{ kind: "list", name: "env-file", completes: "file", help: "Set the variables in a file" },
	{ kind: "switch", name: "interactive", short: "i", help: "Keep the command's input open" },
	{ kind: "switch", name: "privileged", help: "Give the command all capabilities" },
	{ kind: "switch", name: "tty", short: "t", help: "Give the command a terminal" },
	{
		kind: "text",
		name: "user",
		short: "u",
		completes: "none",
		help: "User and group to run as (name or number[:group])",
	},
	{ kind: "text", name: "workdir", short: "w", completes: "none", help: "Folder to run in" },
] as const satisfies readonly Flag[];

export type ExecInput = CommandInput<typeof execFlags>;

/** The exec that a command line means: the container is the first argument, the command the rest. */
export function execRequest(input: ExecInput, folder: ClientFolder): ExecCreateRequest {
	const { flags } = input;
	const fromFiles = flags["env-file"].flatMap((name) =>
		parseKeyValueFile(folder.readFile(name), { name, lookup: (variable) => folder.lookup(variable) }),
	);
	return present({
		User: flags.user,
		Privileged: flags.privileged,
		Tty: flags.tty,
		AttachStdin: flags.interactive && !flags.detach,
		AttachStdout: !flags.detach,
		AttachStderr: !flags.detach,
		DetachKeys: flags["detach-keys"],
		Env: [...fromFiles, ...flags.env],
		WorkingDir: flags.workdir,
		Cmd: input.arguments.slice(1),
	});
}

function envWithClient(text: string): string {
	return parseEnvFlag(text, (name) => process.env[name]);
}
