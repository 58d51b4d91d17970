import { parseEnvFlag, parseLabel, parseMountFlag } from "../../../../api/syntax.ts";
import type { Flag } from "../../../flags/flag.ts";

/** What Docker's `update` cannot change. */
export const changeFlags = [
	{
		kind: "list",
		name: "env-add",
		parse: (text: string) => parseEnvFlag(text, (name) => process.env[name]),
		completes: "none",
		help: "Set a variable from the next start on (NAME=value, or NAME for the client's own)",
	},
	{ kind: "list", name: "env-rm", completes: "none", help: "Drop a variable from the next start on" },
	{
		kind: "list",
		name: "label-add",
		parse: parseLabel,
		completes: "none",
		help: "Set a label (key=value)",
	},
	{ kind: "list", name: "label-rm", completes: "none", help: "Drop a label" },
	{
		kind: "list",
		name: "mount-add",
		word: "mount",
		parse: (text: string) => parseMountFlag(text, process.cwd()),
		completes: "none",
		help: "Add a mount as `run --mount` takes it",
	},
	{ kind: "list", name: "mount-rm", word: "target", completes: "none", help: "Take a mount away" },
	{
		kind: "list",
		name: "publish-add",
		word: "port",
		completes: "none",
		help: "Publish one more port ([[ip:]hostport:]port[/proto])",
	},
	{
		kind: "list",
		name: "publish-rm",
		word: "port",
		completes: "none",
		help: "Publish a port no longer ([[ip:]hostport:]port[/proto])",
	},
] as const satisfies readonly Flag[];
