import {
	containerInspectText,
	type Engine,
	imageInspectText,
	networkInspectText,
	volumeInspectText,
} from "../../../client/index.ts";
import { EngineError } from "../../../lib/index.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { type InspectOne, printInspected } from "../inspect-command.ts";

const kinds = ["container", "image", "network", "volume"] as const;
type Kind = (typeof kinds)[number];

export const command = defineCommand({
	usage: "[OPTIONS] NAME|ID [NAME|ID...]",
	description: "Without --type a name is looked for among containers, then images, networks and volumes.",
	examples: [
		["inspect -f '{{.State.Status}}' web", "one member"],
		["inspect --type volume data", "a volume, whatever else has the name"],
	],
	flags: [
		{ kind: "text", name: "format", short: "f", completes: "none", help: "json, or a Go template" },
		{ kind: "switch", name: "size", short: "s", help: "Show how much disk a container uses" },
		{ kind: "text", name: "type", choices: kinds, help: "Look for this kind only" },
	],
	arguments: { min: 1 },
	completes: ["container"],
	run(context, { flags, arguments: names }) {
		const { type } = flags;
		if (type !== undefined && type !== "" && !kinds.includes(type as Kind))
			throw new CommandFailure(
				`unknown type: ${JSON.stringify(type)}: must be one of ${kinds.map((kind) => JSON.stringify(kind)).join(", ")}`,
			);
		const inspectors: Record<Kind, InspectOne> = {
			container: (engine, name) => containerInspectText(engine, name, { size: flags.size }),
			image: imageInspectText,
			network: networkInspectText,
			volume: volumeInspectText,
		};
		const tried = type ? [inspectors[type as Kind]] : kinds.map((kind) => inspectors[kind]);
		return printInspected(context, names, {
			format: flags.format,
			inspect: (engine, name) => firstOf(tried, { engine, name }),
		});
	},
});

/** The first kind that has an object of this name. */
async function firstOf(
	inspectors: readonly InspectOne[],
	{ engine, name }: { engine: Engine; name: string },
): Promise<string> {
	const [only, ...others] = inspectors;
	if (others.length === 0) return only!(engine, name);
	for (const inspect of inspectors) {
		try {
			return await inspect(engine, name);
		} catch (error) {
			const status = (error as { status?: unknown }).status;
			// A name that another kind could not have is refused there, and may be right here.
			if (status !== 404 && status !== 400) throw error;
		}
	}
	throw new EngineError("not_found", `No such object: ${name}`);
}
