import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type CommandOutput, dockerCli } from "./docker-cli.ts";

const plugins = new URL(
	"../../node_modules/.cache/hull/plugins-trixie/usr/libexec/docker/cli-plugins",
	import.meta.url,
).pathname;

/** Docker's command line with the plugins buildx and Compose, in a folder of its own. */
export interface Buildx extends Disposable {
	/** For contexts and results. */
	readonly folder: string;
	docker(
		args: readonly string[],
		options?: { readonly input?: string | Uint8Array; readonly timeoutMs?: number; readonly cwd?: string },
	): Promise<CommandOutput>;
	/** Writes files of a context; gives its path. */
	context(name: string, files: Readonly<Record<string, string>>): string;
}

export function withBuildx(socket: string): Buildx {
	const folder = mkdtempSync(join(tmpdir(), "hull-buildx-"));
	const config = join(folder, "config");
	mkdirSync(config);
	symlinkSync(plugins, join(config, "cli-plugins"));
	return {
		folder,
		docker: (args, options) =>
			dockerCli(socket, args, {
				...options,
				env: { DOCKER_CONFIG: config, DOCKER_HOST: `unix://${socket}` },
			}),
		context(name, files) {
			const path = join(folder, name);
			for (const [file, content] of Object.entries(files)) {
				mkdirSync(dirname(join(path, file)), { recursive: true });
				writeFileSync(join(path, file), content);
			}
			return path;
		},
		[Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
	};
}
