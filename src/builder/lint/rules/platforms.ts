import { formatPlatform, normalizePlatform, type Platform, parsePlatform } from "../../../oci/index.ts";
import type { Rule } from "../rule.ts";

/** `FROM --platform`. */
export const platformRules: readonly Rule[] = [
	{
		name: "RedundantTargetPlatform",
		check: ({ dockerfile }) =>
			dockerfile.stages
				.filter(({ platform }) => /^\$(?:TARGETPLATFORM|\{TARGETPLATFORM\})$/.test(platform))
				.map(({ platform, range }) => ({
					message: `Setting platform to predefined ${platform} in FROM is redundant as this is the default behavior`,
					range,
				})),
	},
	{
		name: "FromPlatformFlagConstDisallowed",
		check: ({ dockerfile }) =>
			dockerfile.stages
				.filter(({ platform, name }) => isConstant(platform) && !tellsPlatform(name, platform))
				.map(({ platform, range }) => ({
					message: `FROM --platform flag should not use constant value ${JSON.stringify(platform)}`,
					range,
				})),
	},
	{
		name: "InvalidBaseImagePlatform",
		check: ({ dockerfile, options }) =>
			dockerfile.stages.flatMap(({ base, platform, range }) => {
				const expected = isConstant(platform) ? tryPlatform(platform) : options.platform;
				const found = options.image?.(base)?.platform;
				if (expected === undefined || found === undefined || platform.includes("$")) return [];
				const [have, want] = [found, expected].map((one) => formatPlatform(normalizePlatform(one)));
				if (have === want) return [];
				return {
					message: `Base image ${base} was pulled with platform "${have}", expected "${want}" for current build`,
					range,
				};
			}),
	},
];

function isConstant(platform: string): boolean {
	return platform !== "" && !platform.includes("$");
}

/** A stage that is named after its platform means it. */
function tellsPlatform(name: string, text: string): boolean {
	const platform = tryPlatform(text);
	return platform !== undefined && (name.includes(platform.os) || name.includes(platform.architecture));
}

function tryPlatform(text: string): Platform | undefined {
	try {
		return parsePlatform(text);
	} catch {
		return undefined;
	}
}
