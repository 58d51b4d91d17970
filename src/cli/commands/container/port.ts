import { parsePortKey } from "../../../api/syntax.ts";
import { containerInspect } from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";

interface Binding {
	readonly HostIp?: string;
	readonly HostPort?: string;
}

export const command = defineCommand({
	usage: "CONTAINER [PRIVATE_PORT[/PROTO]]",
	flags: [],
	arguments: { min: 1, max: 2 },
	completes: ["running-container", "none"],
	async run(context, { arguments: [container, port] }) {
		const { NetworkSettings } = await containerInspect(await context.engine(), container!);
		const ports: Readonly<Record<string, readonly Binding[] | null>> = NetworkSettings?.Ports ?? {};
		context.out(port === undefined ? allPorts(ports) : onePort(ports, { container: container!, port }));
	},
});

function allPorts(ports: Readonly<Record<string, readonly Binding[] | null>>): string {
	const lines = Object.entries(ports).flatMap(([key, bindings]) =>
		(bindings ?? []).map((binding) => `${key} -> ${hostAddress(binding)}\n`),
	);
	return lines.sort().join("");
}

function onePort(
	ports: Readonly<Record<string, readonly Binding[] | null>>,
	{ container, port }: { container: string; port: string },
): string {
	const { port: number, protocol } = parsePortKey(port);
	const bindings = ports[`${number}/${protocol}`] ?? [];
	if (bindings.length === 0)
		throw new CommandFailure(`Error: No public port '${port}' published for ${container}`);
	return bindings.map((binding) => `${hostAddress(binding)}\n`).join("");
}

function hostAddress({ HostIp = "", HostPort = "" }: Binding): string {
	return `${HostIp.includes(":") ? `[${HostIp}]` : HostIp}:${HostPort}`;
}
