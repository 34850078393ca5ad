/** What is said of a provider that no catalogue names. */
export function unknownProviderText(provider: string): string {
  const variable = `${provider.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}_BASE_URL`;
  return `Unknown provider \`${provider}\`: add it to the provider configuration, or set ${variable}`;
}
