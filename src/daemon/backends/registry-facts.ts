import type { SystemInfo } from "../../api/index.ts";
import { isEngineError } from "../../lib/index.ts";
import type { RegistrySettings } from "../../registry/index.ts";

/** What `info` says of registries. A settings file that is wrong is a warning there: the engine runs on. */
export function registryFacts(settings: () => RegistrySettings): {
	readonly RegistryConfig: NonNullable<SystemInfo["RegistryConfig"]>;
	readonly warnings: readonly string[];
} {
	const InsecureRegistryCIDRs = ["127.0.0.0/8", "::1/128"];
	try {
		const { hosts, insecure, offline } = settings();
		const names = [
			...insecure.filter((entry) => !entry.includes("/")),
			...[...hosts].filter(([, host]) => host.insecure).map(([name]) => name),
		];
		const mirrorsOf = (name: string) => (hosts.get(name)?.mirrors ?? []).map(({ url }) => url.href);
		const entries = [...new Set([...names, ...hosts.keys()])].map((Name) => {
			const Secure = !names.includes(Name);
			return [Name, { Name, Mirrors: mirrorsOf(Name), Secure, Official: Name === "docker.io" }] as const;
		});
		return {
			RegistryConfig: {
				InsecureRegistryCIDRs: [...InsecureRegistryCIDRs, ...insecure.filter((entry) => entry.includes("/"))],
				IndexConfigs: Object.fromEntries(entries),
				Mirrors: mirrorsOf("docker.io"),
			},
			warnings: offline ? ["the engine is set to work offline: no registry is asked"] : [],
		};
	} catch (error) {
		if (!isEngineError(error)) throw error;
		const RegistryConfig = { InsecureRegistryCIDRs, IndexConfigs: {}, Mirrors: [] };
		return { RegistryConfig, warnings: [error.message] };
	}
}
