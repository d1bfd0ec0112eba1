/** The texts of those files that are text: UTF-8 without a zero byte. */
export async function readTexts(files: readonly File[]): Promise<string[]> {
  const texts = await Promise.all(files.map(readText));
  return texts.filter((text) => text !== undefined);
}

async function readText(file: File): Promise<string | undefined> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}
