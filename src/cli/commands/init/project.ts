import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const kinds = ["node", "python", "go", "java", "rust", "static"] as const;
export type Kind = (typeof kinds)[number];

/** What a project's files say of it. */
export type Project =
	| {
			readonly kind: "node";
			readonly manager: "npm" | "pnpm" | "yarn" | "bun";
			readonly hasLock: boolean;
			readonly hasBuild: boolean;
			/** What `start` runs; empty without one. */
			readonly start: string;
			/** The program's file. */
			readonly main: string;
	  }
	| {
			readonly kind: "python";
			readonly requirements: "requirements.txt" | "pyproject.toml" | undefined;
			readonly entry: string;
	  }
	| { readonly kind: "go"; readonly version: string; readonly hasSum: boolean; readonly main: string }
	| {
			readonly kind: "java";
			readonly tool: "maven" | "gradle";
			/** `./mvnw`, `./gradlew`. */
			readonly hasWrapper: boolean;
	  }
	| { readonly kind: "rust"; readonly name: string; readonly hasLock: boolean }
	| { readonly kind: "static"; readonly folder: string };

/** By its files, the most telling first. `undefined`: there is none that is known. */
export function findProject(folder: string, wanted?: Kind): Project | undefined {
	const has = (name: string) => existsSync(join(folder, name));
	const text = (name: string) => (has(name) ? readFileSync(join(folder, name), "utf8") : "");
	const found = wanted ?? kindOf(has);
	switch (found) {
		case "node":
			return nodeProject(has, text("package.json"));
		case "python":
			return {
				kind: found,
				requirements: (["requirements.txt", "pyproject.toml"] as const).find(has),
				entry: ["main.py", "app.py", "manage.py", "server.py"].find(has) ?? "main.py",
			};
		case "go":
			return {
				kind: found,
				version: /^go (\d+\.\d+)/m.exec(text("go.mod"))?.[1] ?? "1.24",
				hasSum: has("go.sum"),
				main: mainOfGo(folder, has),
			};
		case "java": {
			const isGradle = !has("pom.xml") && (has("build.gradle") || has("build.gradle.kts"));
			return {
				kind: found,
				tool: isGradle ? "gradle" : "maven",
				hasWrapper: has(isGradle ? "gradlew" : "mvnw"),
			};
		}
		case "rust":
			return {
				kind: found,
				name: /^\s*name\s*=\s*"([\w-]+)"/m.exec(text("Cargo.toml"))?.[1] ?? "app",
				hasLock: has("Cargo.lock"),
			};
		case "static":
			return {
				kind: found,
				folder: ["public", "dist", "site"].find((name) => has(`${name}/index.html`)) ?? ".",
			};
		case undefined:
			return undefined;
	}
}

function kindOf(has: (name: string) => boolean): Kind | undefined {
	if (has("go.mod")) return "go";
	if (has("Cargo.toml")) return "rust";
	if (has("pom.xml") || has("build.gradle") || has("build.gradle.kts")) return "java";
	if (has("package.json")) return "node";
	if (has("pyproject.toml") || has("requirements.txt") || has("main.py") || has("app.py")) return "python";
	if (has("index.html") || has("public/index.html")) return "static";
	return undefined;
}

function nodeProject(has: (name: string) => boolean, text: string): Project {
	let manifest: { scripts?: Record<string, unknown>; main?: unknown } = {};
	try {
		const parsed: unknown = JSON.parse(text);
		if (typeof parsed === "object" && parsed !== null) manifest = parsed;
	} catch {
		// One that cannot be read says nothing.
	}
	const locks = {
		npm: "package-lock.json",
		pnpm: "pnpm-lock.yaml",
		yarn: "yarn.lock",
		bun: "bun.lock",
	} as const;
	const manager = (["pnpm", "yarn", "bun", "npm"] as const).find((name) => has(locks[name])) ?? "npm";
	const { start, build } = manifest.scripts ?? {};
	const main =
		typeof manifest.main === "string" && /^[\w./-]+$/.test(manifest.main) ? manifest.main : undefined;
	return {
		kind: "node",
		manager,
		hasLock: has(locks[manager]),
		hasBuild: typeof build === "string",
		start: typeof start === "string" ? start : "",
		main: main ?? ["server.js", "index.js", "app.js"].find(has) ?? "index.js",
	};
}

/** The package with `main`: the folder itself, or the first below `cmd`. */
function mainOfGo(folder: string, has: (name: string) => boolean): string {
	if (has("main.go") || !has("cmd")) return ".";
	const [first] = readdirSync(join(folder, "cmd"), { withFileTypes: true })
		.filter((entry) => entry.isDirectory() && /^[\w.-]+$/.test(entry.name))
		.map(({ name }) => name)
		.sort();
	return first === undefined ? "." : `./cmd/${first}`;
}
