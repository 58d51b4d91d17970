import { lstat, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { EngineError, removeTree } from "../../lib/index.ts";
import { runCommand } from "../../sys/index.ts";
import type { GitAddress } from "./git-address.ts";

export interface CloneOptions {
	readonly keepGitDir: boolean;
	readonly signal: AbortSignal;
}

/** No configuration of the machine's, no questions, no programs of the repository's, nothing from the daemon's own disk. */
const environment = [
	"GIT_CONFIG_NOSYSTEM=1",
	"GIT_CONFIG_GLOBAL=/dev/null",
	"GIT_TERMINAL_PROMPT=0",
	"GIT_ALLOW_PROTOCOL=https:http:git:ssh",
	"GIT_LFS_SKIP_SMUDGE=1",
	"HOME=/nonexistent",
	"LC_ALL=C",
];
const settings = ["-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false", "-c", "gc.auto=0"];

/**
 * Checks a repository out into a new folder, with its submodules. Gives the folder that was asked for and the
 * commit. Errors:
 * `unavailable` when there is no git or no such repository, `not_found` for a ref or a folder that is not there.
 */
export async function cloneRepository(
	address: GitAddress,
	target: string,
	{ keepGitDir, signal }: CloneOptions,
): Promise<{ readonly path: string; readonly commit: string }> {
	await mkdir(target, { mode: 0o755 });
	const git = (...args: string[]) => runGit(target, args, signal);
	await must(git("init", "--quiet"), "init");
	await must(git("remote", "add", "origin", "--", address.remote), "remote");
	await fetchRef(git, address);
	await must(git("checkout", "--quiet", "--force", "FETCH_HEAD"), "checkout");
	const submodules = ["submodule", "update", "--init", "--recursive", "--quiet"];
	if (await exists(join(target, ".gitmodules"))) await must(git(...submodules), "submodule update");
	const head = await git("rev-parse", "HEAD");
	const commit = head.stdout.trim();
	if (head.exitCode !== 0 || !/^[0-9a-f]{40,64}$/.test(commit))
		throw new EngineError("unavailable", `git rev-parse: ${lastLine(head.stderr)}`);
	if (!keepGitDir) await removeTree(join(target, ".git"));
	await checkFolder(target, address.folder);
	return { path: join(target, address.folder), commit };
}

type Git = (...args: string[]) => Promise<{
	readonly exitCode: number;
	readonly stdout: string;
	readonly stderr: string;
}>;

/** Some servers have no shallow fetches, and some none of single commits: then all of it is fetched. */
async function fetchRef(git: Git, { remote, ref }: GitAddress): Promise<void> {
	const wanted = ref === "" ? "HEAD" : ref;
	if ((await git("fetch", "--quiet", "--depth=1", "origin", "--", wanted)).exitCode === 0) return;
	const plain = await git("fetch", "--quiet", "origin", "--", wanted);
	if (plain.exitCode === 0) return;
	const all = await git("fetch", "--quiet", "--tags", "origin", "--", "+refs/heads/*:refs/remotes/origin/*");
	if (all.exitCode !== 0)
		throw new EngineError("unavailable", `cannot fetch ${withoutPassword(remote)}: ${lastLine(all.stderr)}`);
	const commit = await git("rev-parse", "--verify", "--quiet", "--end-of-options", `${wanted}^{commit}`);
	if (commit.exitCode !== 0)
		throw new EngineError(
			"not_found",
			`${withoutPassword(remote)} has no ${wanted}: ${lastLine(plain.stderr)}`,
		);
	await must(git("update-ref", "FETCH_HEAD", `${wanted}^{commit}`), "update-ref");
}

async function runGit(folder: string, args: readonly string[], signal: AbortSignal) {
	const command = ["env", ...environment, "git", "-C", folder, ...settings, ...args];
	const result = await runCommand(command, { signal });
	if (signal.aborted) throw new EngineError("cancelled", "the build was cancelled", { cause: signal.reason });
	if (result === undefined || result.exitCode === 127)
		throw new EngineError(
			"unavailable",
			"no program git: install the package git to build from repositories",
		);
	return result;
}

async function must(running: ReturnType<Git>, what: string): Promise<void> {
	const { exitCode, stderr } = await running;
	if (exitCode !== 0) throw new EngineError("unavailable", `git ${what}: ${lastLine(stderr)}`);
}

/** Step by step: a repository may hold links that lead out of it. */
async function checkFolder(target: string, folder: string): Promise<void> {
	let path = target;
	for (const part of folder.split("/").filter((name) => name !== "")) {
		path = join(path, part);
		const stat = await lstat(path).catch(() => undefined);
		if (stat === undefined) throw new EngineError("not_found", `the repository has no folder ${folder}`);
		if (!stat.isDirectory())
			throw new EngineError("invalid_argument", `folder ${folder} of the repository is not a directory`);
	}
}

async function exists(path: string): Promise<boolean> {
	return (await lstat(path).catch(() => undefined)) !== undefined;
}

export function withoutPassword(remote: string): string {
	return remote.replace(/\/\/[^@/]*@/, "//");
}

function lastLine(text: string): string {
	return withoutPassword(text.trim().split("\n").at(-1) ?? "").slice(0, 500);
}
