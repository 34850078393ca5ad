export const pathModule: string = `
// Paths, and what lies in a folder.

/** Extension without its dot. */
pub fn ext(path) {
  let dotted = extname(path)
  return dotted.substring(1, len(dotted))
}

/** File name up to its first dot. */
pub fn stem(path) {
  let name = basename(path)
  let dot = name.index_of(".")
  return if dot < 0 {
    name
  } else {
    name.substring(0, dot)
  }
}

/** With forward slashes. */
pub fn normalize(path) {
  return path.replace("\\\\", "/")
}

/** True for paths from the root, with a drive letter too. */
pub fn is_absolute(path) {
  return path.starts_with("/") || (len(path) >= 3 && path[1] == ":")
}

/** Where a path lies seen from the workspace. */
pub fn workspace_info(path, workspace_root = nil) {
  return path_workspace_info(path, workspace_root)
}

/** A path as seen from the workspace, if it lies inside. */
pub fn workspace_normalize(path, workspace_root = nil) {
  return path_workspace_normalize(path, workspace_root)
}

/** Names of the files in a folder. */
pub fn list_files(dir) {
  return list_dir(dir).filter({ name -> stat(path_join(dir, name)).is_file })
}

/** Names of the folders in a folder. */
pub fn list_dirs(dir) {
  return list_dir(dir).filter({ name -> stat(path_join(dir, name)).is_dir })
}
`;
