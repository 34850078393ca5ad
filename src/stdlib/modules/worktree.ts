export const worktreeModule: string = `
// Git worktrees: a copy of a repository to work in without disturbing the other.

fn folder_of(repo) {
  return "\${repo}/.harn/worktrees"
}

fn given(text) {
  return text != nil && text != ""
}

/** Where a worktree lies unless told otherwise. */
pub fn worktree_default_path(repo, name) {
  return "\${folder_of(repo)}/\${name}"
}

/** Make a worktree on a branch of its own: {repo, name, path, base_ref, result, success}. */
pub fn worktree_create(repo, name, base_ref, path = nil) {
  let place = if given(path) {
    path
  } else {
    worktree_default_path(repo, name)
  }
  mkdir(folder_of(repo))
  let made = exec_at(repo, "git", "worktree", "add", "-B", name, place, base_ref)
  return {
    success: made?.success == true,
    result: made,
    path: place,
    name: name,
    repo: repo,
    base_ref: base_ref,
  }
}

/** Take a worktree away; with force also one that has changes. */
pub fn worktree_remove(repo, path, force = false) {
  return if force {
    exec_at(repo, "git", "worktree", "remove", "--force", path)
  } else {
    exec_at(repo, "git", "worktree", "remove", path)
  }
}

/** The branch and the changed files, in git's short form. */
pub fn worktree_status(path) {
  return exec_at(path, "git", "status", "--short", "--branch")
}

/** What changed since a commit, or the changes not yet committed in short. */
pub fn worktree_diff(path, base_ref = nil) {
  return if given(base_ref) {
    exec_at(path, "git", "diff", "\${base_ref}...HEAD")
  } else {
    exec_at(path, "git", "diff", "--stat")
  }
}

/** Run a script of the shell in a worktree. */
pub fn worktree_shell(path, script) {
  return shell_at(path, script)
}
`;
