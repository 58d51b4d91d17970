import { accessSync, constants, statSync } from "node:fs";
import { basename, delimiter, isAbsolute, join } from "node:path";
import { EngineError } from "../../lib/index.ts";

export interface OciRuntime {
	readonly name: string;
	/** Absolute. */
	readonly path: string;
	/** Its `--root`. */
	readonly root: string;
}

/** Where Debian and others put what an operator runs, whatever the daemon's PATH. */
const systemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** Which OCI runtime a name stands for. */
export class OciRuntimes {
	readonly #root: string;
	readonly #named: Readonly<Record<string, string>>;
	readonly #default: string | undefined;
	readonly #found = new Map<string, OciRuntime>();

	/** `root`: below it each runtime has a folder for its state. */
	constructor(
		root: string,
		options: {
			readonly runtimes?: Readonly<Record<string, string>>;
			readonly defaultRuntime?: string;
		},
	) {
		this.#root = root;
		this.#named = options.runtimes ?? {};
		this.#default = options.defaultRuntime;
	}

	/** By name or absolute path; without one crun, else runc. `invalid_argument` in Docker's words when unknown. */
	choose(name: string | undefined): OciRuntime {
		const wanted = name ?? this.#default;
		if (wanted !== undefined) return this.#find(wanted) ?? unknownRuntime(wanted);
		const found = this.#find("crun") ?? this.#find("runc");
		if (found !== undefined) return found;
		throw new EngineError("unavailable", "no OCI runtime found: install crun or runc");
	}

	#find(name: string): OciRuntime | undefined {
		const known = this.#found.get(name);
		if (known !== undefined) return known;
		const path = this.#locate(name);
		if (path === undefined) return undefined;
		const runtime = { name, path, root: join(this.#root, basename(path)) };
		this.#found.set(name, runtime);
		return runtime;
	}

	#locate(name: string): string | undefined {
		const configured = this.#named[name];
		if (configured !== undefined) return configured;
		if (isAbsolute(name)) return isExecutable(name) ? name : undefined;
		// Only these two by their bare name: `--runtime sh` must not run a shell.
		if (name !== "crun" && name !== "runc") return undefined;
		const folders = new Set([...(process.env["PATH"] ?? "").split(delimiter), ...systemFolders]);
		for (const folder of folders) {
			const path = join(folder, name);
			if (isAbsolute(path) && isExecutable(path)) return path;
		}
		return undefined;
	}
}

function unknownRuntime(name: string): never {
	throw new EngineError("invalid_argument", `unknown or invalid runtime name: ${name}`);
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return statSync(path).isFile();
	} catch {
		return false;
	}
}
