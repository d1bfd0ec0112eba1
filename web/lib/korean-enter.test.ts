import { describe, expect, test } from 'vitest';
import { createKoreanEnter } from './korean-enter.ts';

/** A text field with an input method, as plain data; time passes only when told. */
function createField(options: { enterSends?: boolean } = {}) {
  const sent: string[] = [];
  const timers: { run: () => void; at: number }[] = [];
  const field = { text: '', time: 0, sent, keys: undefined as unknown as ReturnType<typeof createKoreanEnter> };
  field.keys = createKoreanEnter({
    readText: () => field.text,
    submit: (text) => {
      sent.push(text);
      field.text = '';
    },
    enterSends: () => options.enterSends ?? true,
    now: () => field.time,
    later: (run, ms) => void timers.push({ run, at: field.time + ms }),
  });

  function press(
    key: string,
    more: { keyCode?: number; isComposing?: boolean; shiftKey?: boolean; ctrlKey?: boolean } = {},
  ) {
    let prevented = false;
    field.keys.onKeyDown({
      key,
      keyCode: more.keyCode ?? (key === 'Enter' ? 13 : 65),
      isComposing: more.isComposing ?? false,
      shiftKey: more.shiftKey ?? false,
      ctrlKey: more.ctrlKey ?? false,
      metaKey: false,
      altKey: false,
      preventDefault: () => (prevented = true),
    });
    return prevented;
  }
  function breaksLine(): boolean {
    let prevented = false;
    field.keys.onBeforeInput({ inputType: 'insertLineBreak', preventDefault: () => (prevented = true) });
    return !prevented;
  }
  return {
    field,
    sent,
    press,
    breaksLine,
    /** Composes `syllable` after what stands there; `endWith` completes it. */
    compose(before: string, syllable: string) {
      field.keys.onCompositionStart();
      field.keys.onCompositionUpdate({ data: syllable });
      field.text = before + syllable;
    },
    complete: (syllable: string) => field.keys.onCompositionEnd({ data: syllable }),
    pass(ms: number) {
      field.time += ms;
      const due = timers.filter(({ at }) => at <= field.time);
      for (const timer of due) timers.splice(timers.indexOf(timer), 1);
      for (const { run } of due) run();
    },
  };
}

const whole = '안녕하세요';

describe('one Enter at the end of a Hangul syllable sends the whole text once', () => {
  test('A: 229, end of composition, 13', () => {
    const { compose, press, complete, pass, sent, field } = createField();
    compose('안녕하세', '요');
    press('Enter', { keyCode: 229, isComposing: true });
    complete('요');
    expect(press('Enter')).toBe(true);
    pass(0);
    pass(200);
    expect(sent).toEqual([whole]);
    expect(field.text).toBe('');
  });

  test('A, when the second keydown comes after the send', () => {
    const { compose, press, complete, pass, sent } = createField();
    compose('안녕하세', '요');
    press('Enter', { keyCode: 229, isComposing: true });
    complete('요');
    pass(0);
    expect(press('Enter')).toBe(true);
    pass(200);
    expect(sent).toEqual([whole]);
  });

  test('B: 229, end of composition', () => {
    const { compose, press, complete, pass, sent } = createField();
    compose('안녕하세', '요');
    press('Enter', { keyCode: 229, isComposing: true });
    complete('요');
    pass(0);
    expect(sent).toEqual([whole]);
  });

  test('C: end of composition, 229', () => {
    const { compose, press, complete, pass, sent } = createField();
    compose('안녕하세', '요');
    complete('요');
    press('Enter', { keyCode: 229 });
    expect(sent).toEqual([]);
    pass(100);
    expect(sent).toEqual([whole]);
  });

  test('D: 13 without the mark of composing, end of composition', () => {
    const { compose, press, complete, pass, sent } = createField();
    compose('안녕하세', '요');
    press('Enter', { keyCode: 13 });
    complete('요');
    pass(0);
    expect(sent).toEqual([whole]);
  });
});

describe('Enter', () => {
  test('that picks a kana or pinyin word sends nothing', () => {
    for (const word of ['こんにちは', 'ni hao', '漢字', '']) {
      const { compose, press, complete, pass, sent } = createField();
      compose('', word);
      expect(press('Enter', { keyCode: 229, isComposing: true })).toBe(false);
      complete(word);
      pass(500);
      expect(sent).toEqual([]);
    }
  });

  test('is forgotten when another key comes before the syllable is complete', () => {
    const { compose, press, complete, pass, sent } = createField();
    compose('안녕하세', '요');
    press('Enter', { keyCode: 229, isComposing: true });
    press('Process', { keyCode: 229, isComposing: true });
    complete('요');
    pass(500);
    expect(sent).toEqual([]);
  });

  test('twice in a row sends once', () => {
    const { field, press, sent } = createField();
    field.text = whole;
    expect(press('Enter')).toBe(true);
    expect(press('Enter')).toBe(true);
    expect(sent).toEqual([whole]);
  });

  test('in a blank field sends nothing and breaks no line', () => {
    const { field, press, sent } = createField();
    field.text = '  \n';
    expect(press('Enter')).toBe(true);
    expect(sent).toEqual([]);
  });

  test('leaves no line break behind while sending and for 100 ms after', () => {
    const { compose, press, complete, pass, breaksLine } = createField();
    expect(breaksLine()).toBe(true);
    compose('', '요');
    press('Enter', { keyCode: 229, isComposing: true });
    expect(breaksLine()).toBe(false);
    complete('요');
    pass(0);
    expect(breaksLine()).toBe(false);
    pass(100);
    expect(breaksLine()).toBe(true);
  });

  test('with Shift, or on a phone, is a new line; with Ctrl it sends everywhere', () => {
    const desk = createField();
    desk.field.text = whole;
    expect(desk.press('Enter', { shiftKey: true })).toBe(false);
    expect(desk.sent).toEqual([]);
    const phone = createField({ enterSends: false });
    phone.field.text = whole;
    expect(phone.press('Enter')).toBe(false);
    expect(phone.sent).toEqual([]);
    phone.press('Enter', { ctrlKey: true });
    expect(phone.sent).toEqual([whole]);
  });
});

describe('the send button', () => {
  test('waits for the syllable under way', () => {
    const { field, compose, complete, pass, sent } = createField();
    compose('안녕하세', '요');
    field.keys.send();
    expect(sent).toEqual([]);
    complete('요');
    pass(0);
    expect(sent).toEqual([whole]);
  });

  test('pressed twice sends once', () => {
    const { field, sent } = createField();
    field.text = whole;
    field.keys.send();
    field.keys.send();
    expect(sent).toEqual([whole]);
  });
});
