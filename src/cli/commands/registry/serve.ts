import { readFileSync } from "node:fs";
import type { RegistryRequestLine, ServedRegistry } from "../../../api/index.ts";
import { registryServe } from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	description:
		"Publishes the engine's images by the OCI distribution API until you end it, and prints each request. 'busybox' is busybox there too, 'ghcr.io/org/app' is ghcr.io/org/app; names with a port are not published.",
	examples: [
		["hull registry serve", "Let others on this machine pull from 127.0.0.1:5000"],
		[
			"hull registry serve --listen 0.0.0.0:5000 --read-write --tls-cert c.pem --tls-key k.pem --htpasswd users",
			"A registry for the network",
		],
	],
	flags: [
		{ kind: "switch", name: "detach", short: "d", help: "Serve on in the engine until 'registry stop'" },
		{
			kind: "text",
			name: "format",
			completes: "none",
			help: "json: the registry and each request, one a line",
		},
		{
			kind: "text",
			name: "htpasswd",
			completes: "file",
			help: "Users who may come in (bcrypt, as htpasswd -B writes them)",
		},
		{
			kind: "text",
			name: "listen",
			completes: "none",
			help: "Address to serve on (default 127.0.0.1:5000)",
		},
		{ kind: "switch", name: "quiet", short: "q", help: "Do not print requests" },
		{ kind: "switch", name: "read-write", help: "Take pushes and deletions, too" },
		{ kind: "text", name: "tls-cert", completes: "file", help: "Certificate, a PEM file: serve HTTPS" },
		{ kind: "text", name: "tls-key", completes: "file", help: "The certificate's private key, a PEM file" },
	],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		if (flags.format !== undefined && flags.format !== "json")
			throw new CommandFailure(`--format ${flags.format}: expected json`);
		const asJson = flags.format === "json";
		const request = {
			Listen: flags.listen,
			ReadWrite: flags["read-write"],
			TlsCert: contentOf(flags["tls-cert"]),
			TlsKey: contentOf(flags["tls-key"]),
			Htpasswd: contentOf(flags.htpasswd),
			Detach: flags.detach,
		};
		for await (const line of registryServe(await context.engine(), request)) {
			if (flags.quiet && !("Url" in line)) continue;
			const text = "Url" in line ? servedText(line) : requestText(line);
			context.out(`${asJson ? JSON.stringify(line) : text}\n`);
		}
	},
});

function contentOf(path: string | undefined): string | undefined {
	if (path === undefined) return undefined;
	try {
		return readFileSync(path, "utf8");
	} catch (cause) {
		throw new CommandFailure(`cannot read ${path}: ${(cause as Error).message}`, { cause });
	}
}

function servedText({ Url, ReadWrite, Auth }: ServedRegistry): string {
	return `${Url} (${ReadWrite ? "read-write" : "read-only"}${Auth ? ", users only" : ""})`;
}

function requestText({ Time, Method, Path, Status, DurationMs }: RegistryRequestLine): string {
	return `${Time} ${Method} ${Path} ${Status} ${DurationMs}ms`;
}
