import { type Static, Type } from "typebox";

/** What software is in an image; the other formats are SPDX's and CycloneDX' own. */
export const HullPackageList = Type.Object({
	Image: Type.String(),
	Distribution: Type.String(),
	Packages: Type.Array(
		Type.Object({
			/** `deb`, `apk`, `npm`, `pypi`, `golang`. */
			Type: Type.String(),
			Name: Type.String(),
			Version: Type.String(),
			Architecture: Type.Optional(Type.String()),
			License: Type.Optional(Type.String()),
			Location: Type.String(),
			PackageURL: Type.String(),
		}),
	),
});
export type HullPackageList = Static<typeof HullPackageList>;
