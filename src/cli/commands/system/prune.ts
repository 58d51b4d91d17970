import { containerPrune, imagePrune, networkPrune, prunePlan, volumePrune } from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { doNotAskFlag, pruneFilterFlag } from "../../flags/shared.ts";
import { collectFilters } from "../../flags/values.ts";
import { decimalSize } from "../../format/units.ts";
import { prunePlanText } from "../prune-plan-text.ts";
import { confirm } from "../prune-question.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	description:
		"Removes stopped containers, networks that no container uses and images without a name; with -a all images that no container uses, with --volumes anonymous volumes too. Filters: until, label.",
	flags: [
		{ kind: "switch", name: "all", short: "a", help: "Remove named images too when no container uses them" },
		{
			kind: "switch",
			name: "dry-run",
			help: "Show which containers, volumes and images would be removed, remove nothing",
		},
		pruneFilterFlag,
		doNotAskFlag,
		{ kind: "switch", name: "volumes", help: "Remove anonymous volumes too" },
	],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		const filters = collectFilters(flags.filter);
		if (flags.volumes && filters["until"] !== undefined)
			throw new CommandFailure('the "until" filter is not supported with "--volumes"');
		if (flags["dry-run"]) {
			const plan = await prunePlan(await context.engine(), {
				type: ["container", ...(flags.volumes ? (["volume"] as const) : []), "image"],
				filters: { ...filters, dangling: [flags.all ? "false" : "true"] },
			});
			return context.out(prunePlanText(plan));
		}
		await confirm(context, { warning: warningText(flags), force: flags.force });
		const engine = await context.engine();
		const containers = await containerPrune(engine, filters);
		printNames(context.out, "Deleted Containers:", containers.ContainersDeleted);
		const networks = await networkPrune(engine, filters);
		printNames(context.out, "Deleted Networks:", networks.NetworksDeleted);
		let bytes = containers.SpaceReclaimed ?? 0;
		if (flags.volumes) {
			const volumes = await volumePrune(engine, filters);
			printNames(context.out, "Deleted Volumes:", volumes.VolumesDeleted);
			bytes += volumes.SpaceReclaimed ?? 0;
		}
		const images = await imagePrune(engine, { ...filters, dangling: [flags.all ? "false" : "true"] });
		const lines = (images.ImagesDeleted ?? []).map(({ Untagged, Deleted }) =>
			Untagged ? `untagged: ${Untagged}` : `deleted: ${Deleted}`,
		);
		printNames(context.out, "Deleted Images:", lines);
		bytes += images.SpaceReclaimed ?? 0;
		context.out(`Total reclaimed space: ${decimalSize(bytes)}\n`);
	},
});

function warningText(flags: { all: boolean; volumes: boolean }): string {
	const lines = [
		"all stopped containers",
		"all networks not used by at least one container",
		...(flags.volumes ? ["all anonymous volumes not used by at least one container"] : []),
		flags.all ? "all images without at least one container associated to them" : "all dangling images",
	];
	return `This will remove:\n${lines.map((line) => `  - ${line}\n`).join("")}`;
}

function printNames(
	out: (text: string) => void,
	title: string,
	names: readonly string[] | undefined | null,
): void {
	if (names !== undefined && names !== null && names.length > 0) out(`${title}\n${names.join("\n")}\n\n`);
}
