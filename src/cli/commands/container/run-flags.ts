import type { Flag } from "../../flags/flag.ts";
import { createFlags } from "./create/flags.ts";

/** The flags of `run`: those of `create` and how to follow the container. */
export const runFlags = [
	...createFlags,
	{ kind: "switch", name: "detach", short: "d", help: "Leave it running and print its id" },
	{
		kind: "text",
		name: "detach-keys",
		completes: "none",
		help: "Keys that detach from a terminal (default ctrl-p,ctrl-q)",
	},
	{ kind: "switch", name: "sig-proxy", default: true, help: "Pass signals on to the process" },
] as const satisfies readonly Flag[];
