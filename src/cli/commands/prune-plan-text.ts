import type { HullPrunePlan } from "../../api/index.ts";
import { decimalSize } from "../format/units.ts";

/** What a dry run of a prune prints. */
export function prunePlanText(plan: HullPrunePlan): string {
	const sections = [
		section(
			"Would delete containers:",
			plan.Containers.map(({ Id, Name, Size }) => `${Id.slice(0, 12)}  ${Name}  ${decimalSize(Size)}`),
		),
		section(
			"Would delete volumes:",
			plan.Volumes.map(({ Name, Size }) => `${Name}  ${decimalSize(Size)}`),
		),
		section(
			"Would delete images:",
			plan.Images.map(({ Id, Names }) => [Id.replace("sha256:", "").slice(0, 12), ...Names].join("  ")),
		),
	];
	return `${sections.join("")}Total reclaimable space: ${decimalSize(plan.SpaceReclaimed)}\n`;
}

function section(title: string, lines: readonly string[]): string {
	return lines.length === 0 ? "" : `${title}\n${lines.map((line) => `  ${line}\n`).join("")}\n`;
}
