import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { EngineError, errnoOf } from "../lib/index.ts";
import type { RegistrySettings } from "./settings.ts";

/** How TLS to one host is made; members are PEM texts. */
export interface TlsOptions {
	readonly ca?: string[];
	readonly cert?: string;
	readonly key?: string;
	/** False for registries that the operator called insecure. */
	readonly rejectUnauthorized?: boolean;
}

/**
 * TLS for a host from its settings and from the folders of certificates, where Docker looks too: every `*.crt` is a
 * certificate authority, `x.cert` with `x.key` is the client's certificate. Empty when nothing is set.
 *
 * @param host `registry.lan:5000`
 */
export function tlsOf(settings: RegistrySettings, host: string): TlsOptions {
	const { ca, cert, key } = settings.hosts.get(host) ?? {};
	const authorities = ca === undefined ? [] : [readPem(ca)];
	let client = cert === undefined || key === undefined ? {} : { cert: readPem(cert), key: readPem(key) };
	for (const folder of settings.certificateFolders.map((parent) => join(parent, host))) {
		for (const name of namesIn(folder)) {
			if (name.endsWith(".crt")) authorities.push(readPem(join(folder, name)));
			if (!name.endsWith(".cert") || "cert" in client) continue;
			const path = join(folder, name);
			client = { cert: readPem(path), key: readPem(path.replace(/\.cert$/, ".key")) };
		}
	}
	return { ...(authorities.length === 0 ? {} : { ca: [...rootCertificates, ...authorities] }), ...client };
}

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder).sort();
	} catch (error) {
		if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return [];
		throw unreadable(folder, error);
	}
}

function readPem(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (error) {
		throw unreadable(path, error);
	}
}

function unreadable(path: string, cause: unknown): EngineError {
	return new EngineError("invalid_argument", `certificate ${path}: ${(cause as Error).message}`, { cause });
}
