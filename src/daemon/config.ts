import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parseMemoryBytes } from "../api/index.ts";
import type { CachePolicy } from "../builder/index.ts";
import type { DefaultUserNamespace } from "../containers/index.ts";
import { EngineError, type LogLevel } from "../lib/index.ts";
import type { PublishMode } from "../networks/index.ts";
import type { SocketPolicy } from "../policy/index.ts";
import { isInsecureEntry, parseMirror } from "../registry/index.ts";
import { readTrustPolicy, type TrustPolicy } from "../trust/index.ts";
import { defaultCachePolicy, parseCachePolicy } from "./build-cache-policy.ts";
import { type CollectionPolicy, defaultPolicy, parseCollectionPolicy } from "./gc/policy.ts";
import { type MachineDefaults, machineDefaults } from "./machines.ts";
import { socketPolicies } from "./sockets/configured.ts";
import { parseUsernsRemap } from "./userns-remap.ts";

/** What the daemon was told: flags over environment over the configuration file over the defaults. */
export interface DaemonConfig {
	readonly dataRoot: string;
	readonly runRoot: string;
	/** `unix:///path` or `tcp://address:port`, at least one. */
	readonly hosts: readonly string[];
	readonly logLevel: LogLevel;
	/** Name of an OCI runtime; `undefined` chooses crun, else runc. */
	readonly defaultRuntime: string | undefined;
	/** More OCI runtimes: name → path. */
	readonly runtimes: Readonly<Record<string, string>>;
	/** Settings of single registries; need not be there. */
	readonly registriesFile: string;
	/** Folders with descriptions of CDI devices, later ones over earlier ones. */
	readonly cdiSpecDirs: readonly string[];
	readonly insecureRegistries: readonly string[];
	/** Mirrors of Docker Hub. */
	readonly registryMirrors: readonly URL[];
	/** No registry is asked for anything. */
	readonly offline: boolean;
	/** Who carries what comes to published ports, where a network does not say. */
	readonly publish: PublishMode;
	/** Of containers that name no driver; the options also of those that name this one. */
	readonly logging: { readonly driver: string; readonly options: Readonly<Record<string, string>> };
	/** Who containers are on the host that do not say. */
	readonly userNamespace: DefaultUserNamespace;
	/** An image layer that unpacks to more is refused; `undefined` is the images' own limit. */
	readonly maxLayerBytes: number | undefined;
	readonly vm: MachineDefaults;
	/** Which images are taken; everything when there is no policy. */
	readonly trustPolicy: TrustPolicy | undefined;
	/** Where the key of secrets comes from; the default is a file below the data root. */
	readonly secretKey: {
		readonly file: string | undefined;
		readonly command: readonly string[] | undefined;
		readonly credentials: string | undefined;
	};
	/** Further sockets with a policy each. */
	readonly sockets: readonly SocketPolicy[];
	/** Which unused images are collected, and when. */
	readonly collection: CollectionPolicy;
	/** How large the build cache stays. */
	readonly cachePolicy: CachePolicy;
}

export const configHelp = `Usage: hulld [OPTIONS]

The Hull engine. Runs in the foreground; SIGTERM stops it and leaves containers running.

Options:
      --data-root DIR          What must outlive a reboot (default /var/lib/hull)
      --run-root DIR           What need not (default /run/hull)
  -H, --host ADDRESS           Where the API is served: unix:///PATH, tcp://ADDRESS:PORT, or fd:// for the sockets
                               that a service manager passes on; may be repeated
                               (default unix:///run/hull/hull.sock)
      --log-driver NAME        Log driver of containers that name none (default json-file)
      --log-opt NAME=VALUE     Option of it; may be repeated
      --log-level LEVEL        debug, info, warn or error (default info)
      --default-runtime NAME   OCI runtime of containers that name none (default crun, else runc)
      --cdi-spec-dir DIR       Folder with descriptions of CDI devices; may be repeated, later ones over earlier ones
                               (default /etc/cdi and /var/run/cdi)
      --max-layer-size SIZE    Refuse an image layer that unpacks to more (default 64g)
      --vm-memory SIZE         Memory of a container of isolation vm that has no limit (default 512m)
      --vm-cpus N              Its CPUs (default 1, with KVM 2)
      --vm-disk SIZE           Its own disk, unless --storage-opt size=… says otherwise (default 10g)
      --vm-pool N              Machines of each size in use that are kept ready for the next start (default 0)
      --trust-policy FILE      Which images are accepted, and whose signatures they need
                               (default /etc/hull/trust.json, if it is there)
      --socket-policy FILE     Further sockets of the API, and what may be done through each
                               (default /etc/hull/sockets.json, if it is there)
      --secret-key-file FILE   The key that secrets are sealed with: 32 bytes, raw or in hex or base64
                               (default DATA-ROOT/secret.key, which is made)
      --secret-key-command CMD A command that prints the key instead; words are separated by blanks
      --publish user|nat       Who carries what comes to published ports: a program, behind the host's firewall, or the
                               kernel by NAT, before it (default user); networks may say otherwise
      --userns-remap host|auto|USER[:GROUP]
                               Who containers are on the host that do not say: themselves, a range of ids of each
                               one's own, or the ranges of a user in /etc/subuid and /etc/subgid (default host)
      --offline                Ask no registry for anything
      --config FILE            Configuration file (default /etc/hull/hulld.json, if it is there)
      --version                Print the version
      --help                   Print this

Environment: HULL_DATA_ROOT, HULL_RUN_ROOT, HULL_LOG_LEVEL.
The file is one JSON object: data-root, run-root, hosts, log-level, default-runtime, runtimes (name to path),
cdi-spec-dirs, insecure-registries, registry-mirrors (of Docker Hub), registries (a file with settings of single
registries, default /etc/hull/registries.json), offline, publish, log-driver, log-opts (names with values), userns-remap, max-layer-size, vm-memory, vm-cpus,
vm-disk, vm-pool, trust-policy, socket-policy, secret-key-file, secret-key-command, gc (enabled, interval, max-age,
high-water, low-water, min-age, keep: when unused images are collected), build-cache (max-used-space, min-free-space,
reserved-space, max-age: what of the build cache stays; default max-used-space 20g).
`;

const defaultFile = "/etc/hull/hulld.json";
const defaultTrustPolicy = "/etc/hull/trust.json";
const logLevels: readonly string[] = ["debug", "info", "warn", "error"];

export type DaemonCommand =
	| { readonly kind: "run"; readonly config: DaemonConfig }
	| { readonly kind: "help" }
	| { readonly kind: "version" };

/** Errors: `invalid_argument` that names the flag, or the key and the file. */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv): DaemonCommand {
	const flags = parseFlags(argv);
	if (flags.help) return { kind: "help" };
	if (flags.version) return { kind: "version" };
	const file = readFile(flags.config);
	const runRoot = absolute(
		"--run-root",
		flags["run-root"] ?? env["HULL_RUN_ROOT"] ?? file.runRoot ?? "/run/hull",
	);
	const config: DaemonConfig = {
		dataRoot: absolute(
			"--data-root",
			flags["data-root"] ?? env["HULL_DATA_ROOT"] ?? file.dataRoot ?? "/var/lib/hull",
		),
		runRoot,
		hosts: flags.host ?? file.hosts ?? [`unix://${runRoot}/hull.sock`],
		logLevel: logLevel(flags["log-level"] ?? env["HULL_LOG_LEVEL"] ?? file.logLevel ?? "info"),
		defaultRuntime: flags["default-runtime"] ?? file.defaultRuntime,
		runtimes: file.runtimes ?? {},
		registriesFile: absolute("registries", file.registries ?? "/etc/hull/registries.json"),
		cdiSpecDirs: (flags["cdi-spec-dir"] ?? file.cdiSpecDirs ?? ["/etc/cdi", "/var/run/cdi"]).map((folder) =>
			absolute("--cdi-spec-dir", folder),
		),
		insecureRegistries: file.insecureRegistries ?? [],
		registryMirrors: file.registryMirrors ?? [],
		offline: flags.offline ?? file.offline ?? false,
		publish: publishMode(flags.publish ?? file.publish ?? "user"),
		logging: {
			driver: flags["log-driver"] ?? file.logDriver ?? "json-file",
			options: { ...file.logOpts, ...logOptions(flags["log-opt"] ?? []) },
		},
		userNamespace: parseUsernsRemap(flags["userns-remap"] ?? file.usernsRemap ?? ""),
		maxLayerBytes: layerLimit(flags["max-layer-size"] ?? file.maxLayerSize),
		vm: machineDefaults({
			memory: flags["vm-memory"] ?? file.vmMemory,
			cpus: flags["vm-cpus"] ?? file.vmCpus,
			disk: flags["vm-disk"] ?? file.vmDisk,
			pool: flags["vm-pool"] ?? file.vmPool,
		}),
		trustPolicy: trustPolicy(flags["trust-policy"] ?? file.trustPolicy),
		sockets: socketPolicies(flags["socket-policy"] ?? file.socketPolicy),
		secretKey: secretKey(
			flags["secret-key-file"] ?? file.secretKeyFile,
			flags["secret-key-command"] ?? file.secretKeyCommand,
			env["CREDENTIALS_DIRECTORY"],
		),
		collection: file.collection ?? defaultPolicy,
		cachePolicy: file.cachePolicy ?? defaultCachePolicy,
	};
	return { kind: "run", config };
}

function parseFlags(argv: readonly string[]) {
	try {
		return parseArgs({
			args: [...argv],
			strict: true,
			allowPositionals: false,
			options: {
				"data-root": { type: "string" },
				"run-root": { type: "string" },
				host: { type: "string", short: "H", multiple: true },
				"log-level": { type: "string" },
				"default-runtime": { type: "string" },
				"cdi-spec-dir": { type: "string", multiple: true },
				"max-layer-size": { type: "string" },
				publish: { type: "string" },
				"log-driver": { type: "string" },
				"log-opt": { type: "string", multiple: true },
				"userns-remap": { type: "string" },
				"vm-memory": { type: "string" },
				"vm-cpus": { type: "string" },
				"vm-disk": { type: "string" },
				"vm-pool": { type: "string" },
				"trust-policy": { type: "string" },
				"socket-policy": { type: "string" },
				"secret-key-file": { type: "string" },
				"secret-key-command": { type: "string" },
				offline: { type: "boolean" },
				config: { type: "string" },
				version: { type: "boolean" },
				help: { type: "boolean" },
			},
		}).values;
	} catch (cause) {
		throw new EngineError("invalid_argument", `${(cause as Error).message} (see hulld --help)`, { cause });
	}
}

function secretKey(
	file: string | undefined,
	command: string | undefined,
	credentials: string | undefined,
): DaemonConfig["secretKey"] {
	if (file !== undefined && command !== undefined)
		throw invalid("--secret-key-file and --secret-key-command: the key comes from one of them");
	return {
		file: file === undefined ? undefined : absolute("--secret-key-file", file),
		command: command?.split(/\s+/).filter((word) => word !== ""),
		credentials,
	};
}

function absolute(flag: string, path: string): string {
	if (!path.startsWith("/")) throw invalid(`${flag} ${path}: must be an absolute path`);
	return path.length > 1 ? path.replace(/\/+$/, "") : path;
}

function logLevel(text: string): LogLevel {
	if (!logLevels.includes(text)) throw invalid(`--log-level ${text}: is none of ${logLevels.join(", ")}`);
	return text as LogLevel;
}

function logOptions(pairs: readonly string[]): Record<string, string> {
	return Object.fromEntries(
		pairs.map((pair) => {
			const equals = pair.indexOf("=");
			if (equals < 1) throw invalid(`--log-opt ${pair}: must be NAME=VALUE`);
			return [pair.slice(0, equals), pair.slice(equals + 1)];
		}),
	);
}

function publishMode(text: string): PublishMode {
	if (text === "user" || text === "nat") return text;
	throw invalid(`--publish ${text}: is neither user nor nat`);
}

function layerLimit(text: string | undefined): number | undefined {
	if (text === undefined) return undefined;
	try {
		const bytes = parseMemoryBytes(text);
		if (bytes > 0) return bytes;
	} catch {}
	throw invalid(`--max-layer-size ${text}: must be a size above zero, like 500m or 10g`);
}

function trustPolicy(path: string | undefined): TrustPolicy | undefined {
	if (path === undefined && !existsSync(defaultTrustPolicy)) return undefined;
	return readTrustPolicy(path ?? defaultTrustPolicy);
}

type TextKey = Extract<
	{
		[Key in keyof FileConfig]-?: NonNullable<FileConfig[Key]> extends string ? Key : never;
	}[keyof FileConfig],
	string
>;

interface FileConfig {
	logDriver?: string;
	logOpts?: Record<string, string>;
	dataRoot?: string;
	runRoot?: string;
	hosts?: string[];
	logLevel?: string;
	defaultRuntime?: string;
	runtimes?: Record<string, string>;
	registries?: string;
	cdiSpecDirs?: string[];
	insecureRegistries?: string[];
	registryMirrors?: URL[];
	offline?: boolean;
	publish?: string;
	usernsRemap?: string;
	maxLayerSize?: string;
	vmMemory?: string;
	vmCpus?: string;
	vmDisk?: string;
	vmPool?: string;
	trustPolicy?: string;
	socketPolicy?: string;
	secretKeyFile?: string;
	secretKeyCommand?: string;
	collection?: CollectionPolicy;
	cachePolicy?: CachePolicy;
}

/** Keys that are texts, and what they are here. */
const textKeys: Readonly<Record<string, TextKey>> = {
	"data-root": "dataRoot",
	"run-root": "runRoot",
	"log-level": "logLevel",
	"default-runtime": "defaultRuntime",
	publish: "publish",
	"userns-remap": "usernsRemap",
	"max-layer-size": "maxLayerSize",
	"vm-memory": "vmMemory",
	"vm-cpus": "vmCpus",
	"vm-disk": "vmDisk",
	"vm-pool": "vmPool",
	"trust-policy": "trustPolicy",
	"socket-policy": "socketPolicy",
	"secret-key-file": "secretKeyFile",
	"secret-key-command": "secretKeyCommand",
	registries: "registries",
	"log-driver": "logDriver",
};

function readFile(path: string | undefined): FileConfig {
	if (path === undefined && !existsSync(defaultFile)) return {};
	const file = path ?? defaultFile;
	const content = parseFile(file);
	const result: FileConfig = {};
	for (const [key, value] of Object.entries(content)) {
		const wrong = (wanted: string) => invalid(`${file}: ${key}: expected ${wanted}`);
		const text = textKeys[key];
		if (text !== undefined) {
			if (typeof value !== "string") throw wrong("a string");
			result[text] = value;
			continue;
		}
		switch (key) {
			case "log-opts":
				if (!isObject(value) || !isStrings(Object.values(value))) throw wrong("options with texts");
				result.logOpts = value as Record<string, string>;
				break;
			case "gc":
				result.collection = parseCollectionPolicy(value, `${file}: gc`);
				break;
			case "build-cache":
				result.cachePolicy = parseCachePolicy(value, `${file}: ${key}`);
				break;
			case "hosts":
				if (!isStrings(value)) throw wrong("a list of strings");
				result.hosts = value;
				break;
			case "cdi-spec-dirs":
				if (!isStrings(value)) throw wrong("a list of folders");
				result.cdiSpecDirs = value;
				break;
			case "insecure-registries":
				if (!isStrings(value) || !value.every(isInsecureEntry))
					throw wrong("a list of hosts, with or without port, and of networks like 10.0.0.0/8");
				result.insecureRegistries = value;
				break;
			case "registry-mirrors":
				if (!isStrings(value)) throw wrong("a list of addresses");
				result.registryMirrors = value.map((text) => parseMirror(text, `${file}: ${key}`));
				break;
			case "offline":
				if (typeof value !== "boolean") throw wrong("true or false");
				result.offline = value;
				break;
			case "runtimes":
				if (!isObject(value) || !isStrings(Object.values(value))) throw wrong("names with paths");
				result.runtimes = value as Record<string, string>;
				break;
			default:
				throw invalid(`${file}: unknown key ${JSON.stringify(key)}`);
		}
	}
	return result;
}

function parseFile(file: string): Record<string, unknown> {
	let content: unknown;
	try {
		content = JSON.parse(readFileSync(file, "utf8"));
	} catch (cause) {
		throw new EngineError("invalid_argument", `${file}: ${(cause as Error).message}`, { cause });
	}
	if (!isObject(content)) throw invalid(`${file}: expected one JSON object`);
	return content;
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is string[] {
	return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
