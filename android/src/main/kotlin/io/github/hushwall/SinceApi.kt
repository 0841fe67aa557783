package io.github.hushwall

/**
 * Uses framework members newer than minSdk, up to API 33; callers ask for `Build.VERSION.SDK_INT` first.
 *
 * The build refuses such a use without this mark. A lambda is a class of its own, which no mark on its function reaches:
 * call a marked function from it.
 */
@Retention(AnnotationRetention.BINARY)
@Target(AnnotationTarget.CLASS, AnnotationTarget.FUNCTION, AnnotationTarget.CONSTRUCTOR, AnnotationTarget.PROPERTY_GETTER)
annotation class SinceApi(val level: Int)
