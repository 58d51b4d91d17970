import type { Files } from "./files.ts";
import type { Project } from "./project.ts";

type NodeProject = Project & { readonly kind: "node" };

const managers = {
	npm: { lock: "package-lock.json", cache: "/root/.npm", setUp: "", run: "npm" },
	pnpm: {
		lock: "pnpm-lock.yaml",
		cache: "/root/.local/share/pnpm/store",
		setUp: "RUN corepack enable\n",
		run: "pnpm",
	},
	yarn: { lock: "yarn.lock", cache: "/usr/local/share/.cache/yarn", setUp: "", run: "yarn" },
	bun: { lock: "bun.lock", cache: "/root/.bun/install/cache", setUp: "", run: "bun" },
} as const;

const installs = {
	npm: { locked: "npm ci", loose: "npm install", production: "--omit=dev" },
	pnpm: { locked: "pnpm install --frozen-lockfile", loose: "pnpm install", production: "--prod" },
	yarn: { locked: "yarn install --frozen-lockfile", loose: "yarn install", production: "--production" },
	bun: { locked: "bun install --frozen-lockfile", loose: "bun install", production: "--production" },
} as const;

/** Production dependencies by themselves, beside those that the build needs. */
export function nodeTemplate({ manager, hasLock, hasBuild, start, main }: NodeProject): Files {
	const { lock, cache, setUp, run } = managers[manager];
	const install = installs[manager][hasLock ? "locked" : "loose"];
	const { production } = installs[manager];
	const image = manager === "bun" ? "oven/bun:1" : `node:\${NODE_VERSION}-slim`;
	const argument = manager === "bun" ? "" : "ARG NODE_VERSION=24\n\n";
	const user = manager === "bun" ? "bun" : "node";
	const manifests = hasLock ? `package.json ${lock}` : "package.json";
	const mount = `--mount=type=cache,target=${cache}`;
	const build = `
FROM base AS build
COPY ${manifests} ./
RUN ${mount} ${install}
COPY . .
RUN ${run} run build
`;
	const files = hasBuild
		? "COPY --from=build /app ./\nCOPY --from=dependencies /app/node_modules ./node_modules"
		: "COPY --from=dependencies /app/node_modules ./node_modules\nCOPY . .";
	const command = start === "" ? [manager === "bun" ? "bun" : "node", main] : [run, "run", "start"];
	return {
		port: 3000,
		ignore: ["node_modules", "dist", "coverage", "npm-debug.log*"],
		dockerfile: `
${argument}FROM ${image} AS base
WORKDIR /app
${setUp}
FROM base AS dependencies
COPY ${manifests} ./
RUN ${mount} ${install} ${production}
${hasBuild ? build : ""}
FROM base
ENV NODE_ENV=production
${files}
USER ${user}
EXPOSE 3000
CMD ${JSON.stringify(command).replaceAll(",", ", ")}
`,
	};
}
