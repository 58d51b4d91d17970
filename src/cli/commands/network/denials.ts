import type { EventMessage } from "../../../api/index.ts";
import { parseTime } from "../../../api/syntax.ts";
import { systemEvents } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { printList } from "../../format/print-list.ts";
import { unixTime } from "../../format/unix-time.ts";
import type { View } from "../../format/view.ts";

export const command = defineCommand({
	usage: "[OPTIONS] [NETWORK...]",
	description:
		"Out of the history of events. The same is told once in a minute. `hull events --filter event=deny` tells them as they come.",
	flags: [
		{ kind: "text", name: "container", completes: "container", help: "Show those of this container only" },
		{
			kind: "text",
			name: "format",
			completes: "none",
			help: "table, json, 'table TEMPLATE' or a Go template",
		},
		{
			kind: "text",
			name: "since",
			completes: "none",
			parse: time,
			help: "Show those that are not older (RFC 3339, unix seconds, or 10m)",
		},
	],
	arguments: { min: 0 },
	completes: ["network"],
	async run(context, { flags, arguments: networks }) {
		const filters = {
			type: ["network"],
			event: ["deny"],
			...(networks.length === 0 ? {} : { network: networks }),
		};
		const until = unixTime(BigInt(Date.now()) * 1_000_000n);
		const found: EventMessage[] = [];
		const engine = await context.engine();
		for await (const { event } of systemEvents(engine, { since: flags.since ?? "0", until, filters }))
			found.push(event);
		const { container } = flags;
		const shown = container === undefined ? found : found.filter((event) => isOf(event, container));
		await printList(context, shown, {
			view,
			columns: ["Time", "Container", "Network", "Name", "Target"],
			format: flags.format,
		});
	},
});

function time(text: string): string {
	return unixTime(parseTime(text, BigInt(Date.now()) * 1_000_000n));
}

function isOf(event: EventMessage, container: string): boolean {
	return (
		attribute(event, "containerName") === container || attribute(event, "container").startsWith(container)
	);
}

const view: View<EventMessage> = {
	Time: { header: "TIME", get: ({ time: seconds = 0 }) => new Date(seconds * 1000).toISOString() },
	Container: {
		header: "CONTAINER",
		get: (event) => attribute(event, "containerName") || attribute(event, "container").slice(0, 12),
	},
	Network: { header: "NETWORK", get: (event) => attribute(event, "name") },
	Name: { header: "NAME", get: (event) => attribute(event, "dnsName") || "-" },
	Target: { header: "TARGET", get: targetOf },
	Suppressed: { header: "SUPPRESSED", get: (event) => attribute(event, "suppressed") || "0" },
};

/** `192.0.2.1:443/tcp`, `[2001:db8::1]:443/tcp`, `192.0.2.1/icmp`, `dns A`. */
function targetOf(event: EventMessage): string {
	const [address, port] = [attribute(event, "address"), attribute(event, "port")];
	if (address === "") return `dns ${attribute(event, "queryType")}`;
	const host = address.includes(":") && port !== "" ? `[${address}]` : address;
	return `${host}${port === "" ? "" : `:${port}`}/${attribute(event, "protocol")}`;
}

function attribute({ Actor: actor }: EventMessage, name: string): string {
	return actor?.Attributes?.[name] ?? "";
}
