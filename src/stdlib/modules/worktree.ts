export const worktreeModule: string = `
// Git worktrees: a copy of a repository to work in without disturbing the other.

/** Where a worktree lies unless told otherwise. */
pub fn worktree_default_path(repo, name) {
  return "\${repo}/.harn/worktrees/\${name}"
}

/** Make a worktree on a branch of its own: {repo, name, path, base_ref, result, success}. */
pub fn worktree_create(repo, name, base_ref, path = nil) {
  let target = if path == nil || path == "" {
    worktree_default_path(repo, name)
  } else {
    path
  }
  mkdir("\${repo}/.harn/worktrees")
  let result = exec_at(repo, "git", "worktree", "add", "-B", name, target, base_ref)
  return {
    repo: repo,
    name: name,
    path: target,
    base_ref: base_ref,
    result: result,
    success: result?.success == true,
  }
}

pub fn worktree_remove(repo, path, force = false) {
  return if force == true {
    exec_at(repo, "git", "worktree", "remove", "--force", path)
  } else {
    exec_at(repo, "git", "worktree", "remove", path)
  }
}

pub fn worktree_status(path) {
  return exec_at(path, "git", "status", "--short", "--branch")
}

/** What changed since a commit, or the changes not yet committed in short. */
pub fn worktree_diff(path, base_ref = nil) {
  return if base_ref == nil || base_ref == "" {
    exec_at(path, "git", "diff", "--stat")
  } else {
    exec_at(path, "git", "diff", "\${base_ref}...HEAD")
  }
}

pub fn worktree_shell(path, script) {
  return shell_at(path, script)
}
`;
