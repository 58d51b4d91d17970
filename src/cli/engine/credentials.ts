import { existsSync, mkdirSync, readFileSync } from "node:fs";
import type { RegistryCredentials } from "../../client/index.ts";
import { writeFileAtomic } from "../../lib/index.ts";
import { CommandFailure } from "../failure.ts";
import { eraseInHelper, fromHelper, keepInHelper } from "./credential-helper.ts";

/** The part of the client's `config.json` that holds credentials; the rest is kept as it is. */
interface ClientConfig {
	auths?: Record<string, { auth?: string; identitytoken?: string }>;
	credsStore?: string;
	credHelpers?: Record<string, string>;
}

/** The key under which docker keeps the credentials of its own registry. */
const dockerHubKey = "https://index.docker.io/v1/";

/** Credentials kept for a registry, by its helper program or in the file; `undefined` when there are none. */
export async function storedCredentials(
	configFolder: string,
	registry: string,
): Promise<RegistryCredentials | undefined> {
	const config = readConfig(configFolder);
	const helper = helperOf(config, registry);
	const kept = helper === undefined ? undefined : await fromHelper(helper, registryKey(registry));
	return kept ?? fromFile(config, registry);
}

function fromFile({ auths }: ClientConfig, registry: string): RegistryCredentials | undefined {
	const entry = Object.entries(auths ?? {}).find(([key]) => hostOf(key) === hostOf(registry))?.[1];
	if (entry?.auth === undefined && entry?.identitytoken === undefined) return undefined;
	const plain = Buffer.from(entry.auth ?? "", "base64").toString();
	const colon = plain.indexOf(":");
	return {
		username: plain.slice(0, Math.max(0, colon)),
		password: plain.slice(colon + 1).replace(/\0+$/, ""),
		serveraddress: registryKey(registry),
		...(entry.identitytoken ? { identitytoken: entry.identitytoken } : {}),
	};
}

/** With a helper the file holds the registry's name alone, as docker leaves it. */
export async function storeCredentials(
	configFolder: string,
	credentials: RegistryCredentials,
): Promise<void> {
	const config = readConfig(configFolder);
	const key = credentials.serveraddress ?? dockerHubKey;
	const helper = helperOf(config, key);
	if (helper !== undefined) {
		await keepInHelper(helper, { ...credentials, serveraddress: key });
		config.auths = { ...config.auths, [key]: {} };
	} else {
		const auth = Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");
		const token = credentials.identitytoken;
		config.auths = { ...config.auths, [key]: token ? { auth, identitytoken: token } : { auth } };
	}
	writeConfig(configFolder, config);
}

/** False when there were none. */
export async function forgetCredentials(configFolder: string, registry: string): Promise<boolean> {
	const config = readConfig(configFolder);
	const helper = helperOf(config, registry);
	const kept = Object.entries(config.auths ?? {}).filter(([key]) => hostOf(key) !== hostOf(registry));
	const wasKept = kept.length < Object.keys(config.auths ?? {}).length;
	const wasInHelper = helper !== undefined && (await fromHelper(helper, registryKey(registry))) !== undefined;
	if (wasInHelper) await eraseInHelper(helper, registryKey(registry));
	if (wasKept) {
		config.auths = Object.fromEntries(kept);
		writeConfig(configFolder, config);
	}
	return wasKept || wasInHelper;
}

/** The program `docker-credential-NAME` that keeps a registry's credentials. */
function helperOf({ credHelpers, credsStore }: ClientConfig, registry: string): string | undefined {
	const entry = Object.entries(credHelpers ?? {}).find(([key]) => hostOf(key) === hostOf(registry));
	return entry?.[1] ?? credsStore;
}

/** The name of a registry in `config.json` and towards the engine. */
export function registryKey(registry: string): string {
	return hostOf(registry) === "docker.io" ? dockerHubKey : registry;
}

function hostOf(key: string): string {
	const host = key.replace(/^https?:\/\//, "").split("/")[0]!;
	return host === "index.docker.io" || host === "registry-1.docker.io" ? "docker.io" : host;
}

function readConfig(configFolder: string): ClientConfig {
	const path = `${configFolder}/config.json`;
	if (!existsSync(path)) return {};
	try {
		const config = JSON.parse(readFileSync(path, "utf8")) as unknown;
		return typeof config === "object" && config !== null ? (config as ClientConfig) : {};
	} catch (cause) {
		throw new CommandFailure(`cannot read ${path}: ${(cause as Error).message}`, { cause });
	}
}

function writeConfig(configFolder: string, config: ClientConfig): void {
	mkdirSync(configFolder, { recursive: true, mode: 0o700 });
	writeFileAtomic(`${configFolder}/config.json`, `${JSON.stringify(config, null, "\t")}\n`, 0o600);
}
