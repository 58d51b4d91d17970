import { networkConnect } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { parseInteger } from "../../flags/values.ts";
import { parsePair } from "../container/create/values.ts";

export const command = defineCommand({
	usage: "[OPTIONS] NETWORK CONTAINER",
	description: "A running container is connected at once, another one when it starts.",
	flags: [
		{ kind: "list", name: "alias", completes: "none", help: "Another name on this network" },
		{
			kind: "list",
			name: "driver-opt",
			parse: parsePair,
			completes: "none",
			help: "Option of the network's driver (key=value)",
		},
		{
			kind: "text",
			name: "gw-priority",
			word: "int",
			parse: parseInteger,
			completes: "none",
			help: "The network with the highest one has the default route",
		},
		{ kind: "text", name: "ip", completes: "none", help: "IPv4 address" },
		{ kind: "text", name: "ip6", completes: "none", help: "IPv6 address" },
		{ kind: "list", name: "link", completes: "container", help: "Another container (name:alias)" },
		{ kind: "list", name: "link-local-ip", completes: "none", help: "Link-local address" },
		{ kind: "text", name: "mac-address", completes: "none", help: "MAC address" },
	],
	arguments: { min: 2, max: 2 },
	completes: ["network", "container"],
	async run(context, { flags, arguments: [network, container] }) {
		const addresses = {
			...(flags.ip === undefined ? {} : { IPv4Address: flags.ip }),
			...(flags.ip6 === undefined ? {} : { IPv6Address: flags.ip6 }),
			...(flags["link-local-ip"].length === 0 ? {} : { LinkLocalIPs: [...flags["link-local-ip"]] }),
		};
		await networkConnect(await context.engine(), network!, {
			Container: container!,
			EndpointConfig: {
				...(Object.keys(addresses).length === 0 ? {} : { IPAMConfig: addresses }),
				...(flags.alias.length === 0 ? {} : { Aliases: [...flags.alias] }),
				...(flags.link.length === 0 ? {} : { Links: [...flags.link] }),
				...(flags["mac-address"] === undefined ? {} : { MacAddress: flags["mac-address"] }),
				...(flags["driver-opt"].length === 0 ? {} : { DriverOpts: Object.fromEntries(flags["driver-opt"]) }),
				...(flags["gw-priority"] === undefined ? {} : { GwPriority: flags["gw-priority"] }),
			},
		});
	},
});
