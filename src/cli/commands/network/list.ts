import type { Network } from "../../../api/index.ts";
import { networkList } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { filterFlag, listFormatFlag } from "../../flags/shared.ts";
import { collectFilters } from "../../flags/values.ts";
import { configuredFormat } from "../../format/configured.ts";
import { printList } from "../../format/print-list.ts";
import type { View } from "../../format/view.ts";
import { formatLabels } from "../container/view.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	description: "Filters: dangling, driver, id, label, name, scope, type.",
	flags: [
		filterFlag,
		listFormatFlag,
		{ kind: "switch", name: "no-trunc", help: "Show ids in full" },
		{ kind: "switch", name: "quiet", short: "q", help: "Show ids only" },
	],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		const networks = await networkList(await context.engine(), collectFilters(flags.filter));
		const byName = (a: Network, b: Network) => ((a.Name ?? "") < (b.Name ?? "") ? -1 : 1);
		await printList(context, [...networks].sort(byName), {
			view: networkView({ noTrunc: flags["no-trunc"] }),
			columns: ["ID", "Name", "Driver", "Scope"],
			format:
				flags.format ?? (flags.quiet ? undefined : configuredFormat(context.configFolder, "networksFormat")),
			only: flags.quiet ? "ID" : undefined,
		});
	},
});

/** What `network ls --format` can name; names and headers are docker's. */
function networkView({ noTrunc }: { noTrunc: boolean }): View<Network> {
	return {
		CreatedAt: { header: "CREATED AT", get: ({ Created }) => goTime(Created ?? "") },
		Driver: { header: "DRIVER", get: ({ Driver }) => Driver ?? "" },
		ID: { header: "NETWORK ID", get: ({ Id = "" }) => (noTrunc ? Id : Id.slice(0, 12)) },
		IPv4: { header: "IPV4", get: ({ EnableIPv4 }) => String(EnableIPv4 ?? false) },
		IPv6: { header: "IPV6", get: ({ EnableIPv6 }) => String(EnableIPv6 ?? false) },
		Internal: { header: "INTERNAL", get: ({ Internal }) => String(Internal ?? false) },
		Label: {
			header: "",
			method: true,
			get:
				({ Labels }) =>
				(key: unknown) =>
					Labels?.[String(key)] ?? "",
		},
		Labels: { header: "LABELS", get: ({ Labels }) => formatLabels(Labels) },
		Name: { header: "NAME", get: ({ Name }) => Name ?? "" },
		Scope: { header: "SCOPE", get: ({ Scope }) => Scope ?? "" },
	};
}

/** `2026-11-24 05:43:00.123 +0000 UTC`: as Go prints a time that it read from RFC 3339. */
function goTime(text: string): string {
	return text
		.replace(/^(\S+)T(\S+)Z$/, "$1 $2 +0000 UTC")
		.replace(/^(\S+)T(\S+?)([+-]\d\d):(\d\d)$/, "$1 $2 $3$4 $3$4");
}
