/**
 * Enter that sends, for people who write with an input method. Browsers disagree about the order in which
 * they report the Enter that ends a Hangul syllable; in all four orders one Enter has to send exactly once,
 * with the whole text:
 *
 *   A  keydown 229 → compositionend → keydown 13     Chrome on macOS
 *   B  keydown 229 → compositionend                  Chrome on Windows
 *   C  compositionend → keydown 229                  Safari
 *   D  keydown 13 (not composing) → compositionend   some Linux input methods
 *
 * In kana or pinyin the same Enter only picks a word, so it does nothing here.
 */
export interface EnterHost {
  /** The text as it stands in the page: what a framework remembers is one syllable behind. */
  readText(): string;
  /** Takes a text that is not blank. Called when nothing is being composed, so the field may be emptied. */
  submit(text: string): void;
  /** Whether a plain Enter sends; Ctrl and Cmd with Enter always do. */
  enterSends(): boolean;
  now?(): number;
  later?(run: () => void, ms: number): void;
}

export interface KeyLike {
  key: string;
  keyCode: number;
  isComposing: boolean;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  preventDefault(): void;
}

export interface KoreanEnter {
  onKeyDown(event: KeyLike): void;
  onCompositionStart(): void;
  onCompositionUpdate(event: { data: string | null }): void;
  onCompositionEnd(event: { data: string | null }): void;
  onBeforeInput(event: { inputType: string; preventDefault(): void }): void;
  /** For the button: sends now, or as soon as the syllable under way is complete. */
  send(): void;
}

const onlyHangul = /^\p{Script=Hangul}+$/u;
/** Some browsers write the line break of the Enter that has just sent. */
const ECHO_MS = 100;

export function createKoreanEnter(host: EnterHost): KoreanEnter {
  const now = host.now ?? (() => performance.now());
  const later = host.later ?? ((run: () => void, ms: number) => void setTimeout(run, ms));
  let composing = false;
  let composed = '';
  let pendingSend = false;
  let sentAt = Number.NEGATIVE_INFINITY;

  function send(): void {
    if (composing) {
      pendingSend = true;
      return;
    }
    pendingSend = false;
    const text = host.readText();
    if (text.trim() === '') return;
    sentAt = now();
    host.submit(text);
  }

  function flush(): void {
    if (pendingSend && !composing) send();
  }

  function onEnter(event: KeyLike): void {
    const inInputMethod = event.isComposing || event.keyCode === 229 || composing;
    if (!inInputMethod) {
      event.preventDefault();
      send();
      return;
    }
    if (!onlyHangul.test(composed)) return;
    pendingSend = true;
    // The syllable may be complete already (C); otherwise its end sends.
    if (!composing) later(flush, ECHO_MS);
  }

  return {
    onKeyDown(event) {
      const sends = event.ctrlKey || event.metaKey || (host.enterSends() && !event.shiftKey && !event.altKey);
      if (event.key === 'Enter' && sends) onEnter(event);
      else pendingSend = false;
    },
    onCompositionStart() {
      composing = true;
      composed = '';
    },
    onCompositionUpdate(event) {
      composed = event.data ?? '';
    },
    onCompositionEnd(event) {
      composing = false;
      composed = event.data || composed;
      if (pendingSend) later(flush, 0);
    },
    onBeforeInput(event) {
      if (event.inputType !== 'insertLineBreak' && event.inputType !== 'insertParagraph') return;
      if (pendingSend || now() - sentAt < ECHO_MS) event.preventDefault();
    },
    send,
  };
}
