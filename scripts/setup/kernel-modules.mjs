import { readdirSync, readFileSync } from "node:fs";

/**
 * The files of the wanted modules and of all they depend on, each behind what it depends on. The dependencies are read
 * from the modules themselves, since a kernel package that was only unpacked has no modules.dep. What is built into the
 * kernel is left out; what is neither is an error.
 */
export function orderModules(folder, wanted) {
	const files = new Map(findModules(`${folder}/kernel`).map((path) => [nameOf(path), path]));
	const builtIn = new Set(readFileSync(`${folder}/modules.builtin`, "utf8").split("\n").map(nameOf));
	const ordered = new Map();
	const visit = (name) => {
		const path = files.get(name);
		if (path === undefined && !builtIn.has(name)) throw new Error(`setup: the kernel has no module ${name}`);
		if (path === undefined || ordered.has(name)) return;
		for (const dependency of dependenciesOf(path)) visit(dependency);
		ordered.set(name, path);
	};
	for (const name of wanted) visit(name);
	return [...ordered].map(([name, path]) => ({ name, path }));
}

function findModules(folder) {
	return readdirSync(folder, { recursive: true, encoding: "utf8" })
		.filter((path) => path.endsWith(".ko"))
		.map((path) => `${folder}/${path}`);
}

function nameOf(path) {
	return path
		.slice(path.lastIndexOf("/") + 1)
		.replace(/\.ko$/, "")
		.replaceAll("-", "_");
}

/** `depends=a,b` of the module's information. */
function dependenciesOf(path) {
	const depends = /\0depends=([^\0]*)\0/.exec(readFileSync(path, "latin1"))?.[1] ?? "";
	return depends
		.split(",")
		.filter((name) => name !== "")
		.map(nameOf);
}
