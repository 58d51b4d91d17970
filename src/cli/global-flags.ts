import type { Flag } from "./flags/flag.ts";

/** Flags before the command. */
export const globalFlags = [
	{
		kind: "text",
		name: "config",
		word: "string",
		completes: "folder",
		help: "Folder of the client's configuration",
	},
	{
		kind: "text",
		name: "context",
		short: "c",
		word: "string",
		parse: parseContext,
		help: 'Only "default": engines are chosen with --host',
	},
	{ kind: "switch", name: "debug", short: "D", help: "Show the causes of errors" },
	{
		kind: "text",
		name: "host",
		short: "H",
		word: "string",
		help: "Engine to talk to: unix:///PATH or tcp://HOST:PORT (default unix:///run/hull/hull.sock)",
	},
	{ kind: "switch", name: "tls", help: "Not supported" },
	{ kind: "switch", name: "tlsverify", help: "Not supported" },
	{ kind: "switch", name: "version", short: "v", help: "Print the version and quit" },
] as const satisfies readonly Flag[];

function parseContext(text: string): string {
	if (text !== "default") throw new Error("contexts are not supported: choose the engine with --host");
	return text;
}
