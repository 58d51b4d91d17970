import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { debianRootTar } from "../../scripts/images/debian.mjs";
import type { TestDaemon } from "./daemon.ts";

const project = new URL("../..", import.meta.url).pathname;
const packages = ["redis-server", "postgresql", "python3-minimal", "python3-psycopg2", "python3-redis"];

/** The project of `test/e2e/stack`, brought up and down by Debian's docker-compose against an engine. */
export class Stack {
	readonly #hull: TestDaemon;
	readonly name: string;

	constructor(hull: TestDaemon, name: string) {
		this.#hull = hull;
		this.name = name;
	}

	/** Puts Debian packages into the images of the project: a cache, a database, and what a web application needs. */
	async importImages(): Promise<void> {
		const tar = debianRootTar(`${project}node_modules/.cache/hull/stack.tar`, packages);
		for (const image of ["stack-web", "stack-redis", "stack-postgres"])
			await this.#hull.ok(["import", tar, image], { timeoutMs: 120_000 });
	}

	compose(...args: readonly string[]): SpawnSyncReturns<string> {
		return spawnSync("docker-compose", ["--project-name", this.name, ...args], {
			cwd: `${project}test/e2e/stack`,
			env: { ...process.env, DOCKER_HOST: `unix://${this.#hull.socket}`, COMPOSE_HTTP_TIMEOUT: "180" },
			encoding: "utf8",
		});
	}

	/** A compose command that must succeed; gives what it prints. */
	ok(...args: readonly string[]): string {
		const { status, stdout, stderr } = this.compose(...args);
		if (status !== 0) throw new Error(`docker-compose ${args.join(" ")}: exit ${status}\n${stderr}${stdout}`);
		return stdout;
	}

	/** Where one of the web application's containers is published. */
	address(index = 1): string {
		return `http://${this.ok("port", `--index=${index}`, "web", "8000").trim()}/`;
	}

	async visit(index = 1): Promise<{ host: string; hits: number; rows: number }> {
		const answer = await fetch(this.address(index), { signal: AbortSignal.timeout(5000) });
		return (await answer.json()) as { host: string; hits: number; rows: number };
	}
}
