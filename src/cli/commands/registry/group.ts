import type { CommandGroup } from "../command-entry.ts";

export const registryGroup: CommandGroup = {
	names: ["registry"],
	summary: "Serve the engine's images as a registry",
	commands: [
		{
			names: ["ls", "list"],
			summary: "List the registries that are served",
			load: () => import("./list.ts"),
		},
		{
			names: ["serve"],
			summary: "Serve images to docker, skopeo and others",
			load: () => import("./serve.ts"),
		},
		{ names: ["stop"], summary: "Stop serving", load: () => import("./stop.ts") },
	],
};
