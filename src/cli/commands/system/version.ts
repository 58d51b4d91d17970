import type { SystemVersion } from "../../../api/index.ts";
import { formatAddress, systemVersion } from "../../../client/index.ts";
import { clientApiVersion, clientVersion } from "../../client-version.ts";
import { defineCommand } from "../../flags/command.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	flags: [
		{
			kind: "text",
			name: "format",
			short: "f",
			completes: "none",
			help: "json, or a Go template (.Client, .Server)",
		},
	],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		const engine = await context.engine();
		const answer = await systemVersion(engine).then(
			(server) => ({ server, error: undefined }),
			(error: unknown) => ({ server: undefined, error }),
		);
		const client = clientFacts(formatAddress(engine.address));
		if (flags.format === undefined) context.out(plainText(client, answer.server));
		else context.out(await formatted(flags.format, { Client: client, Server: answer.server ?? null }));
		// The client's half is told also when nobody answers.
		if (answer.error !== undefined) throw answer.error;
	},
});

type ClientFacts = ReturnType<typeof clientFacts>;

function clientFacts(host: string) {
	return {
		Version: clientVersion,
		ApiVersion: clientApiVersion,
		Os: process.platform,
		Arch: process.arch === "x64" ? "amd64" : process.arch,
		Runtime:
			process.versions.bun === undefined ? `node ${process.versions.node}` : `bun ${process.versions.bun}`,
		Host: host,
	};
}

function plainText(client: ClientFacts, server: SystemVersion | undefined): string {
	const clientRows: Row[] = [
		["Version", client.Version],
		["API version", client.ApiVersion],
		["Runtime", client.Runtime],
		["OS/Arch", `${client.Os}/${client.Arch}`],
		["Engine at", client.Host],
	];
	const clientText = `Client:\n${rows(clientRows, " ")}`;
	return server === undefined ? clientText : `${clientText}\n${serverText(server)}`;
}

type Row = readonly [name: string, value: string];

function serverText(server: SystemVersion): string {
	const platform = server.Platform?.Name ?? "";
	const components = server.Components ?? [];
	const engine: Row[] = [
		["Version", server.Version ?? ""],
		["API version", `${server.ApiVersion} (minimum version ${server.MinAPIVersion})`],
		["Go version", server.GoVersion ?? ""],
		["Git commit", server.GitCommit ?? ""],
		["Built", server.BuildTime ?? ""],
		["OS/Arch", `${server.Os}/${server.Arch}`],
		["Kernel", server.KernelVersion ?? ""],
	];
	const others = components
		.filter(({ Name }) => Name !== "Engine")
		.map(({ Name, Version, Details }) => {
			const commit = String(Details?.["GitCommit"] ?? "");
			return ` ${Name}:\n${rows(
				[
					["Version", Version ?? ""],
					["Git commit", commit],
				],
				"  ",
			)}`;
		});
	const title = platform === "" ? "Server:" : `Server: ${platform}`;
	return `${title}\n Engine:\n${rows(engine, "  ")}${others.join("")}`;
}

function rows(list: readonly Row[], indent: string): string {
	return list
		.filter(([, value]) => value !== "")
		.map(([name, value]) => `${indent}${`${name}:`.padEnd(18)}${value}\n`)
		.join("");
}

interface VersionFacts {
	readonly Client: ClientFacts;
	readonly Server: SystemVersion | null;
}

async function formatted(format: string, { Client, Server }: VersionFacts): Promise<string> {
	if (format === "json") return `${JSON.stringify({ Client, Server })}\n`;
	const { templateFor } = await import("../../format/template/fill.ts");
	// Templates name fields as Docker's client does in Go, where it is spelt differently from the JSON.
	const data = {
		Client: { ...Client, APIVersion: Client.ApiVersion },
		Server: Server && { ...Server, APIVersion: Server.ApiVersion },
	};
	return `${templateFor(format)(data)}\n`;
}
