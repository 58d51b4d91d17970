import { parseAttachment } from "../../../../api/syntax.ts";
import type { Flag } from "../../../flags/flag.ts";

/** What the engine keeps for containers. Hull's own. */
export const secretFlags = [
	{
		kind: "list",
		name: "config",
		word: "config",
		parse: parseAttachment,
		completes: "config",
		help: "Config as a file (NAME, then target=PATH, uid=N, gid=N, mode=OCTAL after commas)",
	},
	{
		kind: "list",
		name: "secret",
		word: "secret",
		parse: parseAttachment,
		completes: "secret",
		help: "Secret as a file in memory, /run/secrets/NAME, or a variable (NAME, then target=PATH, uid=N, gid=N, mode=OCTAL or env=VARIABLE after commas)",
	},
] as const satisfies readonly Flag[];
