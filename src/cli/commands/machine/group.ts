import type { CommandGroup } from "../command-entry.ts";
import { onlyMachines } from "./only-machines.ts";

export const machineGroup: CommandGroup = {
	names: ["machine"],
	summary: "Work with whole virtual machines, made from images that have an init",
	commands: [
		{
			names: ["console"],
			summary: "Connect your terminal to a machine's",
			load: () => import("./console.ts"),
		},
		{ names: ["create"], summary: "Make a machine from an image", load: () => import("./create.ts") },
		{
			names: ["inspect"],
			summary: "Show everything about machines",
			load: onlyMachines(() => import("../container/inspect.ts")),
		},
		{ names: ["ls", "list"], summary: "List machines", load: () => import("./list.ts") },
		{ names: ["resize"], summary: "Change a machine's memory and CPUs", load: () => import("./resize.ts") },
		{
			names: ["rm", "remove"],
			summary: "Remove machines with their disks",
			load: onlyMachines(() => import("../container/remove.ts")),
		},
		{
			names: ["snapshot"],
			summary: "Keep a running machine on disk, memory and all",
			load: onlyMachines(() => import("../snapshot/create.ts")),
		},
		{
			names: ["ssh"],
			summary: "Open a shell in a machine, or run a command",
			load: () => import("./ssh.ts"),
		},
		{
			names: ["start"],
			summary: "Turn machines on",
			load: onlyMachines(() => import("../container/start.ts")),
		},
		{
			names: ["stop"],
			summary: "Turn machines off cleanly",
			load: onlyMachines(() => import("../container/stop.ts")),
		},
	],
};
