export function debianSystemdRootTar(path: string): string;
