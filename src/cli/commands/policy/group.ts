import type { CommandGroup } from "../command-entry.ts";

export const policyGroup: CommandGroup = {
	names: ["policy"],
	summary: "Work with the policies of scoped sockets",
	commands: [
		{ names: ["check"], summary: "Check a file of policies", load: () => import("./check.ts") },
		{
			names: ["explain"],
			summary: "Show whether a call would be allowed, and by which rule not",
			load: () => import("./explain.ts"),
		},
	],
};
