"""Names of models to suggest in forms. Any other name is passed on as it is written."""

CHAT_MODELS = (
    "gpt-5.4-mini",
    "gpt-5.4",
    "gpt-5.5",
    "gpt-6-luna",
    "gpt-6-sol",
    "gpt-6.1-terra",
    "gpt-6.1-sol",
    "gpt-5.6-luna",
    "gpt-5.6-terra",
    "gpt-5.6-sol",
    "gpt-4.1-mini",
    "gpt-4.1",
    "gpt-4o-mini",
    "gpt-4o",
)
"""Models that answer in text and are offered today, small and cheap ones first, those on their way out last."""
IMAGE_MODELS = (
    "gpt-image-2.5-flare",
    "gpt-image-2.5-sunburst",
    "gpt-image-2.6-flare",
    "gpt-image-2.6-sunburst",
    "gpt-image-2",
)
"""Models that draw."""
EMBEDDING_MODELS = ("text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002")
SPEECH_MODELS = ("gpt-4o-mini-tts", "tts-1", "tts-1-hd")
LISTENING_MODELS = ("gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "whisper-1")
VOICES = (
    "alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer", "verse", "marin", "cedar",
)  # fmt: skip
