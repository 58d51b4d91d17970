import type { PlacementMatch, PlacementSource, TreeEntry } from "../../../archive/index.ts";

/** Something that a COPY or ADD writes: files of one place, or an archive that may have to be unpacked. */
export type CopyPart =
	| { readonly kind: "files"; readonly source: PlacementSource; readonly matches: readonly PlacementMatch[] }
	/** Unpacked when it turns out to be an archive; else written like any file. */
	| {
			readonly kind: "archive";
			readonly source: PlacementSource;
			readonly match: PlacementMatch;
			readonly file: TreeEntry;
	  };
