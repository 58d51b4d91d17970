import { systemAuth } from "../../../client/index.ts";
import type { CommandContext } from "../../context.ts";
import { registryKey, storeCredentials } from "../../engine/credentials.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { readInput } from "../../streams/input.ts";
import { inputIsTerminal } from "../../streams/session.ts";

export const command = defineCommand({
	usage: "[OPTIONS] [SERVER]",
	description:
		"Checks user name and password with the registry and keeps them, readable by you alone, in config.json of the client's folder, where docker and other tools find them too.",
	flags: [
		{
			kind: "text",
			name: "password",
			short: "p",
			completes: "none",
			help: "Password or token; others see it in the list of processes",
		},
		{ kind: "switch", name: "password-stdin", help: "Read the password from stdin" },
		{ kind: "text", name: "username", short: "u", completes: "none", help: "User name" },
	],
	arguments: { min: 0, max: 1 },
	async run(context, { flags, arguments: [server = "docker.io"] }) {
		if (flags.password !== undefined && flags["password-stdin"])
			throw new CommandFailure("conflicting options: cannot specify both --password and --password-stdin");
		if (flags["password-stdin"] && flags.username === undefined)
			throw new CommandFailure("the --password-stdin option requires --username to be set");
		const username = flags.username ?? (await ask(context, "Username: "));
		const password = flags["password-stdin"]
			? (await everything()).replace(/\r?\n$/, "")
			: (flags.password ?? (await askHidden(context, "Password: ")));
		if (username === "" || password === "")
			throw new CommandFailure("user name and password may not be empty");
		const credentials = { username, password, serveraddress: registryKey(server) };
		const answer = await systemAuth(await context.engine(), credentials);
		const identitytoken = answer.IdentityToken || undefined;
		await storeCredentials(context.configFolder, {
			...credentials,
			...(identitytoken && { identitytoken, password: "" }),
		});
		context.out(`${answer.Status || "Login Succeeded"}\n`);
	},
});

async function ask(context: CommandContext, question: string): Promise<string> {
	if (!(await inputIsTerminal()))
		throw new CommandFailure("cannot ask without a terminal: use --username and --password-stdin");
	context.out(question);
	for await (const chunk of readInput()) return Buffer.from(chunk).toString().trim();
	return "";
}

const backspaces = ["\u007f", "\b"];

/** The terminal is raw meanwhile, so that nothing is shown. */
async function askHidden(context: CommandContext, question: string): Promise<string> {
	if (!(await inputIsTerminal()))
		throw new CommandFailure("cannot ask without a terminal: use --username and --password-stdin");
	const { makeTerminalRaw } = await import("../../../sys/terminal.ts");
	using raw = makeTerminalRaw(0);
	// Asked only now: what is typed at once must not show either.
	context.out(question);
	let typed = "";
	for await (const chunk of readInput()) {
		for (const key of Buffer.from(chunk).toString()) {
			if (key === "\r" || key === "\n" || key === "\u0004") {
				raw[Symbol.dispose]();
				context.out("\n");
				return typed;
			}
			if (key === "\u0003") throw new CommandFailure("\r\ninterrupted", { exitCode: 130 });
			typed = backspaces.includes(key) ? typed.slice(0, -1) : typed + key;
		}
	}
	return typed;
}

async function everything(): Promise<string> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of readInput()) chunks.push(chunk);
	return Buffer.concat(chunks).toString();
}
