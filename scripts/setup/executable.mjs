import {
	copyFileSync,
	existsSync,
	mkdirSync,
	readdirSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
} from "node:fs";
import { root, run, say } from "./run.mjs";

const dist = `${root}dist`;

/** Compiles `src/` into the one executable with Bun, and puts the native programs beside it. */
export function buildExecutable() {
	mkdirSync(dist, { recursive: true });
	for (const name of ["hull-shim", "hull-probe", "hull-publish", "hull-names"])
		replaceFile(`${root}native/build/${name}`, `${dist}/${name}`);
	if (upToDate()) return;
	say("building dist/hull");
	run("node_modules/.bin/bun", [
		...["build", "--compile", "--bytecode", "--minify", "--splitting", "--sourcemap=none", "--format=esm"],
		...["src/bin/hull.ts", "--outfile", "dist/hull.new"],
	]);
	renameSync(`${dist}/hull.new`, `${dist}/hull`);
	rmSync(`${dist}/hulld`, { force: true });
	symlinkSync("hull", `${dist}/hulld`);
}

/** A rename, so that a running shim or daemon keeps the file that it was started from. */
function replaceFile(from, to) {
	if (existsSync(to) && statSync(to).mtimeMs >= statSync(from).mtimeMs) return;
	copyFileSync(from, `${to}.new`);
	renameSync(`${to}.new`, to);
}

function upToDate() {
	if (!existsSync(`${dist}/hull`) || !existsSync(`${dist}/hulld`)) return false;
	const built = statSync(`${dist}/hull`).mtimeMs;
	const inputs = [`${root}package.json`, `${root}package-lock.json`, ...sourceFiles(`${root}src`)];
	return inputs.every((file) => statSync(file).mtimeMs < built);
}

function sourceFiles(folder) {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
		const path = `${folder}/${entry.name}`;
		return entry.isDirectory() ? sourceFiles(path) : [path];
	});
}
