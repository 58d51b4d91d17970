import type { SystemInfo } from "../../../api/index.ts";
import { formatAddress, systemInfoText } from "../../../client/index.ts";
import { clientVersion } from "../../client-version.ts";
import { defineCommand } from "../../flags/command.ts";
import { binarySize } from "../../format/units.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	flags: [{ kind: "text", name: "format", short: "f", completes: "none", help: "json, or a Go template" }],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		const engine = await context.engine();
		const text = await systemInfoText(engine);
		const info = JSON.parse(text) as SystemInfo;
		const client = { Version: clientVersion, Host: formatAddress(engine.address) };
		if (flags.format === "json")
			context.out(`${text.trimEnd().slice(0, -1)},"ClientInfo":${JSON.stringify(client)}}\n`);
		else if (flags.format !== undefined) {
			const { templateFor } = await import("../../format/template/fill.ts");
			context.out(`${templateFor(flags.format)({ ...info, ClientInfo: client })}\n`);
		} else {
			context.out(plainText(info, client));
			for (const warning of info.Warnings ?? []) context.error(`${warning}\n`);
		}
	},
});

/** One line; the depth is its indentation. */
type Line = readonly [depth: number, name: string, value?: string | number | boolean];

function plainText(info: SystemInfo, client: { Version: string; Host: string }): string {
	const lines: Line[] = [
		[0, "Client"],
		[1, "Version", client.Version],
		[1, "Engine at", client.Host],
		[0, ""],
		[0, "Server"],
		[1, "Containers", info.Containers ?? 0],
		[2, "Running", info.ContainersRunning ?? 0],
		[2, "Paused", info.ContainersPaused ?? 0],
		[2, "Stopped", info.ContainersStopped ?? 0],
		[1, "Images", info.Images ?? 0],
		[1, "Server Version", info.ServerVersion],
		[1, "Storage Driver", info.Driver],
		...(info.DriverStatus ?? []).map(([name, value]): Line => [2, name ?? "", value ?? ""]),
		[1, "Logging Driver", info.LoggingDriver],
		[1, "Cgroup Driver", info.CgroupDriver],
		[1, "Cgroup Version", info.CgroupVersion],
		...pluginLines(info),
		[1, "Swarm", info.Swarm?.LocalNodeState],
		[
			1,
			"Runtimes",
			Object.keys(info.Runtimes ?? {})
				.sort()
				.join(" "),
		],
		[1, "Default Runtime", info.DefaultRuntime],
		[1, "Init Binary", info.InitBinary],
		[1, "containerd version", info.ContainerdCommit?.ID],
		[1, "runc version", info.RuncCommit?.ID],
		[1, "init version", info.InitCommit?.ID],
		[1, "Isolation", info.Isolation],
		[1, "Isolations", info.Hull?.Isolations.join(" ")],
		[2, "vm", machineText(info)],
		[2, "vm pool", poolText(info)],
		...securityLines(info),
		[1, "Kernel Version", info.KernelVersion],
		[1, "Operating System", info.OperatingSystem],
		[1, "OSType", info.OSType],
		[1, "Architecture", info.Architecture],
		[1, "CPUs", info.NCPU],
		[1, "Total Memory", binarySize(info.MemTotal ?? 0)],
		[1, "Name", info.Name],
		[1, "ID", info.ID],
		[1, "Docker Root Dir", info.DockerRootDir],
		[1, "Debug Mode", info.Debug],
		[1, "HTTP Proxy", info.HttpProxy],
		[1, "HTTPS Proxy", info.HttpsProxy],
		[1, "No Proxy", info.NoProxy],
		...labelLines(info),
		[1, "Experimental", info.ExperimentalBuild],
		...registryLines(info),
		[1, "Live Restore Enabled", info.LiveRestoreEnabled],
	];
	return lines.filter(isKnown).map(formatLine).join("");
}

function machineText({ Hull: hull }: SystemInfo): string | undefined {
	const vm = hull?.VM;
	return vm && `${vm.Accelerator}, qemu ${vm.QemuVersion}, kernel ${vm.KernelVersion}`;
}

/** How many machines are ready, of what size, and what they take. */
function poolText({ Hull: hull }: SystemInfo): string | undefined {
	const pool = hull?.VM?.Pool;
	if (pool === undefined) return undefined;
	const bytes = pool.Machines.reduce((sum, { PssBytes }) => sum + PssBytes, 0);
	const sizes = pool.Machines.map(({ MemoryBytes }) => binarySize(MemoryBytes)).join(", ");
	const ready = pool.Machines.length === 0 ? "none ready" : `${pool.Machines.length} ready (${sizes})`;
	return `${pool.PerSize} for each size in use, ${ready}, ${binarySize(bytes)} in use`;
}

/** Headings have no value; a value that the engine does not tell is left out. */
function isKnown(line: Line): boolean {
	return line.length === 2 || (line[2] !== undefined && line[2] !== "");
}

function formatLine([depth, name, value]: Line): string {
	if (name === "") return "\n";
	const indent = " ".repeat(depth);
	return value === undefined ? `${indent}${name}:\n` : `${indent}${name}: ${value}\n`;
}

function pluginLines({ Plugins }: SystemInfo): Line[] {
	if (Plugins === undefined) return [];
	const kinds = { Volume: Plugins.Volume, Network: Plugins.Network, Log: Plugins.Log };
	return [
		[1, "Plugins"],
		...Object.entries(kinds).map(([kind, names]): Line => [2, kind, (names ?? []).join(" ")]),
	];
}

function securityLines({ SecurityOptions }: SystemInfo): Line[] {
	if (SecurityOptions === undefined || SecurityOptions === null) return [];
	const lines: Line[] = [[1, "Security Options"]];
	for (const option of SecurityOptions) {
		const fields = option.split(",").map((field) => field.split("=") as [string, string]);
		lines.push([2, fields.find(([key]) => key === "name")?.[1] ?? option]);
		for (const [key, value] of fields)
			if (key !== "name") lines.push([3, key === "profile" ? "Profile" : key, value]);
	}
	return lines;
}

function labelLines({ Labels }: SystemInfo): Line[] {
	if (Labels === undefined || Labels === null || Labels.length === 0) return [];
	return [[1, "Labels"], ...Labels.map((label): Line => [2, label])];
}

function registryLines({ RegistryConfig }: SystemInfo): Line[] {
	const insecure = Object.entries(RegistryConfig?.IndexConfigs ?? {})
		.filter(([, config]) => config.Secure === false)
		.map(([name]) => name);
	const all = [...insecure, ...(RegistryConfig?.InsecureRegistryCIDRs ?? [])];
	const mirrors = RegistryConfig?.Mirrors ?? [];
	return [
		...(all.length === 0
			? []
			: [[1, "Insecure Registries"] as Line, ...all.map((name): Line => [2, name, " "])]),
		...(mirrors.length === 0
			? []
			: [[1, "Registry Mirrors"] as Line, ...mirrors.map((name): Line => [2, name, " "])]),
	];
}
