import { egressAnnotation, parseLabel } from "../../../api/syntax.ts";
import { networkCreate } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { parsePair } from "../container/create/values.ts";
import { addressPools } from "./address-pools.ts";
import { egressFlag, egressPolicy } from "./egress-flag.ts";

export const command = defineCommand({
	usage: "[OPTIONS] NETWORK",
	description:
		"Containers on a network of yours find each other by name. Without --subnet a free one is chosen that the host has no route to.",
	flags: [
		{ kind: "switch", name: "attachable", help: "Kept for docker's users; every network is" },
		{
			kind: "list",
			name: "aux-address",
			word: "map",
			parse: parsePair,
			completes: "none",
			help: "Address that is somebody else's (name=address)",
		},
		{
			kind: "text",
			name: "driver",
			short: "d",
			default: "bridge",
			completes: "none",
			help: "bridge, macvlan or ipvlan",
		},
		egressFlag,
		{ kind: "list", name: "gateway", completes: "none", help: "Gateway of a subnet" },
		{ kind: "switch", name: "internal", help: "No way out and none in" },
		{ kind: "list", name: "ip-range", completes: "none", help: "Part of a subnet to choose addresses from" },
		{ kind: "text", name: "ipam-driver", default: "default", completes: "none", help: "Address driver" },
		{
			kind: "list",
			name: "ipam-opt",
			word: "map",
			parse: parsePair,
			completes: "none",
			help: "Option of the address driver (key=value)",
		},
		{ kind: "switch", name: "ipv4", default: true, help: "Give IPv4 addresses" },
		{ kind: "switch", name: "ipv6", help: "Give IPv6 addresses" },
		{ kind: "list", name: "label", parse: parseLabel, completes: "none", help: "Label (key=value)" },
		{
			kind: "list",
			name: "opt",
			short: "o",
			word: "map",
			parse: parsePair,
			completes: "none",
			help: "Option of the driver (key=value)",
		},
		{ kind: "list", name: "subnet", completes: "none", help: "Subnet, in CIDR form" },
	],
	arguments: { min: 1, max: 1 },
	completes: ["none"],
	async run(context, { flags, arguments: [name] }) {
		const policy = egressPolicy(flags.egress);
		const { Id } = await networkCreate(await context.engine(), {
			Name: name!,
			Driver: flags.driver ?? "bridge",
			Attachable: flags.attachable,
			Internal: flags.internal,
			EnableIPv4: flags.ipv4,
			EnableIPv6: flags.ipv6,
			IPAM: {
				Driver: flags["ipam-driver"] ?? "default",
				Options: Object.fromEntries(flags["ipam-opt"]),
				Config: addressPools({
					subnets: flags.subnet,
					ranges: flags["ip-range"],
					gateways: flags.gateway,
					auxiliary: flags["aux-address"],
				}),
			},
			Options: { ...Object.fromEntries(flags.opt), ...(policy ? { [egressAnnotation]: policy } : {}) },
			Labels: Object.fromEntries(flags.label.map(({ key, value }) => [key, value])),
		});
		context.out(`${Id}\n`);
	},
});
